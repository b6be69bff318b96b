"""Figures of what was heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ops.bench.data import Clip
from ops.bench.hearing.labels import Label
from ops.bench.hearing.listener import Noted
from ops.bench.hearing.scores import Heard, Paced, Take, figures

NOTHING = np.zeros(16_000, np.int16)


def made(name: str, text: str, language: str = "en", seconds: float = 1.0) -> Take:
    row = {"file": name, "language": language, "condition": "made"}
    clip = Clip(Path(name), seconds, text, row)
    return Take(clip, NOTHING, np.resize(NOTHING, 32_000), Label(100, 900, 800))


CLIPS = [
    Heard(made("a", "red green blue gold"), "red green blue", "red green blue gold"),
    Heard(made("b", "it is a very fine day"), "It's a very fine day!", "It is a very fine"),
    Heard(made("c", "un deux", "fr"), "un deux", "un deux"),
    Heard(made("d", "", "none"), "", "you"),
    Heard(made("e", "", "none"), "Thank you.", ""),
]
PACED = Paced(
    [
        (CLIPS[0].take, Noted(["x"], final_at_ms=1500, pause_at_ms=1200, first_partial_at_ms=600)),
        (CLIPS[1].take, Noted(["x"], final_at_ms=800)),
        (replace(CLIPS[1].take, label=None), Noted()),
    ],
    cpu_s=1.5,
)


def test_figures() -> None:
    found = figures(CLIPS, PACED)
    assert (found["wer"], found["wer_batch"]) == (10, 10)
    assert found["wer_minus_batch_95"]["low"] < 0 < found["wer_minus_batch_95"]["high"]
    assert found["by_condition"] == {
        "en made": {"wer": 10, "words": 10, "wer_batch": 10},
        "fr made": {"wer": 0, "words": 2, "wer_batch": 0},
    }
    assert found["first_partial_ms"] == {"p50": 500, "p95": 500}
    assert found["pause_ms"] == {"p50": 300, "p95": 300}
    assert found["final_ms"] == {"p50": 600, "p95": 600}
    assert found["cpu_s_per_audio_s"] == 0.25
    assert found["noise_silent_share"] == 0.5


def test_figures_of_nothing() -> None:
    found = figures([], Paced([], 0.0))
    assert found["wer"] is found["noise_silent_share"] is found["cpu_s_per_audio_s"] is None
    assert found["final_ms"] == {}
