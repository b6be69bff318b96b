"""Whether what an engine wrote was said at all: Whisper writes text on every noise (53 clips of 53).

Voice activity keeps most noise away. Of 67 clips of coughs, sneezes, laughs and sounds 17 still got a text,
three of them from a television; these rules took it from 8. Of 77 short answers and backchannels that had a
text none lost it. The thresholds were chosen on these same clips.
"""

from __future__ import annotations

from inference.asr.engine import Hypothesis

# Less voice than this is no word: the shortest answer of our clips has 190 ms of it.
MIN_VOICED_MS = 96
# Whisper doubts that there is speech. Alone it would cost words: "five, five" has 0.71, "book a room" 0.65.
NO_SPEECH_PROBABILITY = 0.6
# It doubts its words, too. Single words do that: "one" has -1.2, "bed" -1.8, at some 450 ms of voice.
LOW_LOG_PROBABILITY = -1.0
SHORT_VOICED_MS = 400
# Wild guesses at any length.
LOWEST_LOG_PROBABILITY = -2.2
# Text this repetitive is a loop of the decoder (Whisper's own threshold).
LOOP_REPETITION = 2.4


def is_looping(hypothesis: Hypothesis) -> bool:
    """Return whether the decoder repeated itself, or went on until it was stopped."""
    return not hypothesis.complete or hypothesis.repetition > LOOP_REPETITION


def is_said(hypothesis: Hypothesis, voiced_ms: float) -> bool:
    """Return whether to believe `hypothesis` of a piece that holds `voiced_ms` of voice."""
    if voiced_ms < MIN_VOICED_MS:
        return False
    low = LOW_LOG_PROBABILITY if voiced_ms < SHORT_VOICED_MS else LOWEST_LOG_PROBABILITY
    silent = hypothesis.no_speech_probability > NO_SPEECH_PROBABILITY
    return not (silent and hypothesis.average_log_probability < low)
