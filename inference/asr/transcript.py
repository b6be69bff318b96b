"""Text of utterances: joining pieces, and how much of a growing hypothesis can be relied on."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Written without spaces between words (ISO 639-1; Cantonese's is 639-3).
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})

_WORD = re.compile(r"\S+")
_PUNCTUATION = ".,;:!?\"'()-…"


def join(texts: Iterable[str], language: str) -> str:
    """Return the texts of an utterance's pieces as one."""
    return ("" if language in UNSPACED else " ").join(text for text in texts if text)


def stable_chars(before: str, now: str, language: str) -> int:
    """Return how many code points at the start of `now` the hypothesis `before` agrees on.

    Two hypotheses in a row that agree are right far more often than the latest alone (LocalAgreement-2, Liu
    et al. 2020). Words are compared without case and punctuation: Whisper ends a sentence wherever the audio
    ends.
    """
    if language in UNSPACED:
        return _common_chars(before, now)
    end = 0
    for one, other in zip(_WORD.finditer(before), _WORD.finditer(now), strict=False):
        if _bare(one.group()) != _bare(other.group()):
            break
        end = other.start() + len(other.group().rstrip(_PUNCTUATION))
    return end


def _bare(word: str) -> str:
    return word.strip(_PUNCTUATION).casefold()


def _common_chars(before: str, now: str) -> int:
    for index, (one, other) in enumerate(zip(before, now, strict=False)):
        if one != other:
            return index
    return min(len(before), len(now))
