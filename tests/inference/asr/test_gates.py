"""What is believed of what an engine wrote."""

from __future__ import annotations

import pytest

from inference.asr.engine import Hypothesis
from inference.asr.gates import is_looping, is_said


# No-speech and log-probabilities as Whisper base gave them.
@pytest.mark.parametrize(
    ("what", "voiced_ms", "no_speech", "log_probability", "said"),
    [
        ("one", 480, 0.72, -1.18, True),
        ("bed", 448, 0.73, -1.78, True),
        ("five, five", 864, 0.71, -0.85, True),
        ("cat", 192, 0.39, -0.88, True),
        ("is there", 480, 0.39, -3.22, True),
        ("Come on", 160, 0.81, -0.56, True),
        ("a click", 64, 0.1, -0.1, False),
        ("a clock", 128, 0.87, -1.41, False),
        ("a sneeze", 320, 0.68, -1.23, False),
        ("a cough", 384, 0.84, -3.1, False),
        ("a laugh", 2112, 0.73, -2.87, False),
    ],
)
def test_speech_and_noise(
    what: str, voiced_ms: float, no_speech: float, log_probability: float, said: bool
) -> None:
    hypothesis = Hypothesis(
        what, "en", no_speech_probability=no_speech, average_log_probability=log_probability
    )
    assert is_said(hypothesis, voiced_ms) is said


def test_loops() -> None:
    assert not is_looping(Hypothesis("fine", "en", repetition=1.2))
    assert is_looping(Hypothesis("and and and", "en", repetition=3.0))
    assert is_looping(Hypothesis("cut off", "en", complete=False))
