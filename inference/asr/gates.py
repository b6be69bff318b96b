"""Whether what an engine wrote was said at all: Whisper writes text on every noise (53 clips of 53)."""

from __future__ import annotations

from inference.asr.engine import Hypothesis

# Less voice than this is no word: the shortest "no" of our clips has 190 ms.
MIN_VOICED_MS = 96
# Whisper's own rule: it doubts that there is speech, and it doubts its words.
NO_SPEECH_PROBABILITY = 0.6
LOW_LOG_PROBABILITY = -1.0
# Text this repetitive is a loop of the decoder (Whisper's own threshold).
LOOP_REPETITION = 2.4


def is_looping(hypothesis: Hypothesis) -> bool:
    """Return whether the decoder repeated itself."""
    return hypothesis.repetition > LOOP_REPETITION


def is_said(hypothesis: Hypothesis, voiced_ms: float) -> bool:
    """Return whether to believe `hypothesis` of a piece that holds `voiced_ms` of voice."""
    if voiced_ms < MIN_VOICED_MS:
        return False
    doubtful = hypothesis.average_log_probability < LOW_LOG_PROBABILITY
    return not (doubtful and hypothesis.no_speech_probability > NO_SPEECH_PROBABILITY)
