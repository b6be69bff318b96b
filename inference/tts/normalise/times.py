"""Times of day: "10:30", "5 p.m.", "14:05:20"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.cardinals import cardinal
from inference.tts.normalise.found import Found, whole
from inference.tts.normalise.spelling import letter

_HALF = r"\s?([ap])(?:\.\s?m\.|\.?m\b)"
_CLOCK = re.compile(
    rf"(?<![\w:.,])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\w:]|\.\d)(?:{_HALF})?",
    re.IGNORECASE,
)
_HOUR = re.compile(rf"(?<![\w:.,])(1[0-2]|0?[1-9]){_HALF}", re.IGNORECASE)
_CLOCK_GLUED = re.compile(rf"(?<![\w:.,])(1[0-2]|0?[1-9]):([0-5]\d)(){_HALF}", re.IGNORECASE)


def times(text: str) -> Iterator[Found]:
    """Find every time of day."""
    for pattern in (_CLOCK_GLUED, _CLOCK):
        for match in pattern.finditer(text):
            yield whole(match, _clock(int(match[1]), int(match[2]), match[3], match[4]))
    for match in _HOUR.finditer(text):
        yield whole(match, [*cardinal(int(match[1])), *_half(match[2])])


def _clock(hour: int, minute: int, second: str | None, half: str | None) -> list[str]:
    words = [*cardinal(hour), *_minutes(hour, minute, half)]
    if second:
        words += ["and", *cardinal(int(second)), "second" if int(second) == 1 else "seconds"]
    return [*words, *_half(half)] if half else words


def _minutes(hour: int, minute: int, half: str | None) -> list[str]:
    if minute:
        return [*(["oh"] if minute < 10 else []), *cardinal(minute)]
    if half:
        return []
    return ["o'clock"] if 1 <= hour <= 12 else ["hundred"]


def _half(half: str) -> list[str]:
    return [letter(half), letter("m")]
