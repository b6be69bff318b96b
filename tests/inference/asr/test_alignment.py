"""Words and their times."""

from __future__ import annotations

import numpy as np

from inference.asr.alignment import timed_words
from inference.asr.engine import Word

TIMES = np.array([0.0, 100.0, 200.0, 300.0, 400.0])
PROBABILITIES = np.array([1.0, 0.5, 0.7, 0.9])


def test_words_of_several_tokens_and_their_punctuation() -> None:
    words = timed_words([" They", " swarmed", ","], [1, 2, 1], TIMES, PROBABILITIES)
    assert words == (Word("They", 0, 100, 1.0), Word("swarmed,", 100, 300, 0.6))


def test_punctuation_alone_and_nothing() -> None:
    assert timed_words(["..."], [1], TIMES, PROBABILITIES) == (Word("...", 0, 100, 1.0),)
    assert timed_words([], [], TIMES, PROBABILITIES) == ()


def test_the_last_word_ends_with_the_last_time() -> None:
    [word] = timed_words(["all"], [9], TIMES[:2], PROBABILITIES)
    assert word.end_ms == 100
