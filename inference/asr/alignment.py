"""Words and their times, from tokens and theirs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from inference.asr.engine import Word


def timed_words(
    texts: Sequence[str],
    lengths: Sequence[int],
    token_ms: NDArray[Any],
    probabilities: NDArray[Any],
) -> tuple[Word, ...]:
    """Return the words `texts`, of `lengths` tokens; punctuation joins the word before it.

    `token_ms` holds where each token begins, then where the last one ends.
    """
    words: list[Word] = []
    position = 0
    for text, length in zip(texts, lengths, strict=True):
        start, position = position, position + length
        end_ms = float(token_ms[min(position, len(token_ms) - 1)])
        word = Word(
            text.strip(),
            float(token_ms[start]),
            end_ms,
            float(probabilities[start:position].mean()),
        )
        if words and not any(c.isalnum() for c in word.text):
            before = words.pop()
            word = Word(before.text + word.text, before.start_ms, before.end_ms, before.probability)
        words.append(word)
    return tuple(words)
