"""What a crowd asks: chosen, made ready, and handed to other processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ops.bench.bench import Options
from ops.bench.crowd import questions
from ops.bench.hearing.labels import Label
from ops.bench.hearing.scores import Take
from ops.settings import Settings
from tests.ops.bench.crowd.made import clip, question


def test_long_clips_other_languages_kinds_and_clips_without_words_are_left_out() -> None:
    kept = [clip("a"), clip("b", kind="short")]
    others = [
        clip("c", kind="noise"),
        clip("d", seconds="6.1"),
        clip("e", language="fr"),
        clip("f", said=""),
    ]
    assert questions.choose([*others, *kept], None) == kept
    assert questions.choose(kept, 1) == kept[:1]
    assert len(questions.choose([clip(str(n)) for n in range(50)], None)) == questions.QUESTIONS


def test_clips_are_asked_at_24_khz_and_those_without_voice_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = np.ones(16_000, np.int16)
    ready = [
        Take(clip("a", said="one two"), samples, samples, Label(10.0, 900.0, 640.4)),
        Take(clip("b"), samples, samples, None),
    ]
    monkeypatch.setattr(questions, "takes", lambda *_: ready)
    (found,) = questions.prepare([], Settings.load({}), Options())
    assert (found.name, found.text, found.voiced_ms) == ("a", "one two", 640)
    assert found.last_ms == 900.0
    assert found.samples.dtype == np.int16
    assert len(found.samples) == 24_000


def test_another_process_finds_them_as_they_were(tmp_path: Path) -> None:
    asked = [question("a.wav", 100.0), question("b.wav", 300.0)]
    questions.write(asked, tmp_path)
    found = questions.read(tmp_path)
    assert [(one.name, one.text, one.voiced_ms, one.last_ms) for one in found] == [
        (one.name, one.text, one.voiced_ms, one.last_ms) for one in asked
    ]
    for one, other in zip(found, asked, strict=True):
        assert np.array_equal(one.samples, other.samples)
