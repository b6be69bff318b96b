"""Cuts a clause's words where it became long in being normalised: "1234 5678 ..." is a word a digit.

The text encoder's work grows with the square of its input, and other callers wait meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from inference.tts.engine import Said

# A clause of 36 written words has some 220 letters; at 300 the encoder takes 0.15 s, at 1700 it took 4 s.
MAX_LETTERS = 300
# No word of any language; cut, so that a run can be kept to its length.
MAX_WORD_LETTERS = 60


def runs(words: Sequence[Said]) -> list[list[Said]]:
    """Return the words in runs that are spoken one after the other, cut at a mark where there is one."""
    found: list[list[Said]] = [[]]
    letters = 0
    for word in chain.from_iterable(map(_parts, words)):
        if letters + len(word.text) > MAX_LETTERS:
            rest = _after_last_mark(found[-1])
            found[-1:] = [found[-1][: len(found[-1]) - len(rest)], rest]
            letters = sum(len(one.text) for one in rest)
        found[-1].append(word)
        letters += len(word.text)
    return [run for run in found if run]


def _after_last_mark(run: Sequence[Said]) -> list[Said]:
    """Return the words after the last mark in the later half, which can wait for the next run."""
    for index in range(len(run) - 1, len(run) // 2, -1):
        if run[index].mark:
            return list(run[index + 1 :])
    return []


def _parts(word: Said) -> list[Said]:
    if len(word.text) <= MAX_WORD_LETTERS:
        return [word]
    texts = [
        word.text[start : start + MAX_WORD_LETTERS]
        for start in range(0, len(word.text), MAX_WORD_LETTERS)
    ]
    return [*(Said(text, word.span) for text in texts[:-1]), Said(texts[-1], word.span, word.mark)]
