"""What a topic of normalisation finds: words to say for a stretch of text, each with its own place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Words spoken for `start` to `end` of the text, and the pause after them ("" or ",")."""

    words: tuple[str, ...]
    start: int
    end: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of text that one topic speaks: its parts in order, inside `start` to `end`."""

    start: int
    end: int
    parts: tuple[Part, ...]


Topic = Callable[[str], Iterator[Found]]


def whole(match: re.Match[str], words: Iterable[str]) -> Found:
    """Return the words spoken for all that a pattern matched."""
    start, end = match.span()
    return Found(start, end, (Part(tuple(words), start, end),))


def pieces(match: re.Match[str], parts: Iterable[Part]) -> Found:
    """Return the parts of what a pattern matched."""
    return Found(*match.span(), tuple(parts))
