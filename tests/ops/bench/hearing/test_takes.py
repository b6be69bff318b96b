from __future__ import annotations

import json
import wave
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from antiphon.audio import Int16
from ops.bench.bench import Options
from ops.bench.data import Clip
from ops.bench.hearing import takes as subject
from ops.bench.progress import Progress
from ops.settings import Settings
from tests.ops.bench.hearing.detectors import LoudIsVoice


class FakeSilero:
    def __init__(self, path: Path) -> None:
        self.path = path

    def listen(self) -> LoudIsVoice:
        return LoudIsVoice()


class FakeStore:
    def __init__(self, models: object) -> None:
        self.models = models

    def path(self, name: str) -> Path:
        return Path(name)


def clip(path: Path, samples: Int16) -> Clip:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
    return Clip(path, len(samples) / 16_000, "hi", {"file": path.name, "language": "en"})


def test_clips_have_their_background_behind_them_and_labels_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "Silero", FakeSilero)
    monkeypatch.setattr(subject, "open_store", FakeStore)
    voice = np.concatenate([np.zeros(8_000), np.full(8_000, 3000), np.zeros(8_000)])
    clips = [
        clip(tmp_path / "voice.wav", voice.astype(np.int16)),
        clip(tmp_path / "none.wav", np.zeros(8_000, np.int16)),
    ]
    labels = tmp_path / "labels.json"
    options = Options(labels=labels, progress=Progress(StringIO()))
    voiced, silent = subject.takes(clips, Settings.load({}), options)
    assert len(voiced.samples) == len(voice) + 3 * 16_000
    assert silent.label is None
    written = json.loads(labels.read_text("utf-8"))
    assert written["none.wav"] is None
    assert written["voice.wav"]["last_ms"] == pytest.approx(1000, abs=40)


def test_clips_with_words_are_english_short_and_of_a_kind_where_that_is_told() -> None:
    def made(name: str, text: str = "hi", seconds: float = 3.0, **row: str) -> Clip:
        return Clip(Path(name), seconds, text, {"file": name, "language": "en", **row})

    kept = [made("untold"), made("turn", kind="turn"), made("longest", seconds=4.0)]
    others = [
        made("long", seconds=4.1),
        made("wordless", text=""),
        made("noise", kind="noise"),
        made("german", language="de"),
    ]
    assert subject.with_words([*others, *kept], 4.0, ("turn",), 9) == kept
    assert subject.with_words(kept, 4.0, ("turn",), 1) == kept[:1]
