"""Codes of letters and digits: "A-1042", "#1042", "B12", "COVID-19", "1080p"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.cardinals import cardinal
from inference.tts.normalise.found import Found, Part, pieces
from inference.tts.normalise.spelling import spell

# Letters and digits mixed, whatever joins them; the look-aheads want at least one of each. The groups are
# possessive: split in all possible ways, a long row of capitals would take for ever.
_MIXED = re.compile(
    r"(?<![\w.,/@-])#?(?=[A-Za-z0-9/-]*[0-9])(?=[A-Za-z0-9/-]*[A-Za-z])"
    r"(?:[A-Z]++|[0-9]++|[a-z](?![a-z]))(?:[-/]?(?:[A-Z]++|[0-9]++|[a-z](?![a-z])))++(?![\w@])"
)
_NUMBERED = re.compile(r"(?<!\w)#\s?([0-9]{1,20})(?![\w.-])")
_PIECE = re.compile(r"[A-Za-z]+|[0-9]+")
# COVID-19 is said as a word, GPT-4 is spelt; B12 has a twelve, A-1042 has one zero four two.
_MAX_SPELT_LETTERS = 4
_MAX_COUNTED_DIGITS = 2


def codes(text: str) -> Iterator[Found]:
    """Find every code."""
    for match in _MIXED.finditer(text):
        found = list(_PIECE.finditer(match.group()))
        yield pieces(match, (part for piece in found for part in _say(piece, match.start())))
    for match in _NUMBERED.finditer(text):
        number = Part(("number",), match.start(), match.start() + 1)
        yield pieces(match, [number, *_digits(match[1], match.start(1))])


def _say(piece: re.Match[str], offset: int) -> Iterator[Part]:
    text, start = piece.group(), offset + piece.start()
    if text.isdecimal():
        yield from _digits(text, start)
    elif len(text) > _MAX_SPELT_LETTERS:
        yield Part((text,), start, start + len(text))
    else:
        yield from spell(text, start)


def _digits(text: str, start: int) -> Iterator[Part]:
    if len(text) <= _MAX_COUNTED_DIGITS and not text.startswith("0"):
        yield Part(tuple(cardinal(int(text))), start, start + len(text))
    else:
        yield from spell(text, start)
