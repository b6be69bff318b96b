"""Telephone and card numbers: digit by digit, a short pause between the groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.found import Found, Part, pieces
from inference.tts.normalise.spelling import digit

MIN_DIGITS = 7
MAX_DIGITS = 19  # of a card; of a telephone number 15 (ITU-T E.164)

_GROUP = r"(?:[ .-]?\(|[ .-]|(?<=\)))\d{1,5}\)?"
_PATTERNS = (
    # +44 20 7946 0958; +1 (555) 123-4567; +49301234567
    rf"(?<![\w+])\+\d{{1,15}}(?:{_GROUP}){{0,6}}",
    # 020 7946 0958; (0800) 123 456: only telephones begin with 0
    r"(?<![\w+.,-])(?:\(0\d{1,5}\)|0\d{1,5})(?:[ -]?\d{2,5}){1,4}",
    r"(?<![\w+.,-])0\d{6,14}",
    # (555) 123-4567; 1-800-555-0199; 555-123-4567
    r"(?<![\w-])(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}",
    # 555-0199
    r"(?<![\w.-])\d{3}-\d{4}",
    # 4111 1111 1111 1111
    r"(?<![\w-])\d{4}(?:[ -]\d{4}){3}",
    # 123-45-6789
    r"(?<![\w-])\d{3}-\d{2}-\d{4}",
)
_NUMBERS = tuple(re.compile(rf"{pattern}(?![\w-]|[.,]\d)") for pattern in _PATTERNS)
_EMERGENCY = re.compile(r"(?<![\w$£€.,-])(?:911|988)(?![\w%-]|[.,]\d)")


def phones(text: str) -> Iterator[Found]:
    """Find every number that is dialled or read off a card."""
    for pattern in _NUMBERS:
        for match in pattern.finditer(text):
            if MIN_DIGITS <= sum(map(str.isdecimal, match.group())) <= MAX_DIGITS:
                yield pieces(match, _read(match))
    for match in _EMERGENCY.finditer(text):
        yield pieces(match, _read(match))


def _read(match: re.Match[str]) -> Iterator[Part]:
    groups = list(re.finditer(r"\+|\d+", match.group()))
    for group in groups:
        start = match.start() + group.start()
        for place, character in enumerate(group.group(), start):
            last = place + 1 == start + len(group.group()) and group is not groups[-1]
            word = "plus" if character == "+" else digit(character)
            mark = "," if last and character != "+" else ""
            yield Part((word,), place, place + 1, mark)
