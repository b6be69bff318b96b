"""Numbers as they stand in text: grouped, with a point, negative, in a range, as a fraction or an ordinal."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.cardinals import (
    MAX_DIGITS,
    cardinal,
    decimal,
    digits,
    integer,
    ordinal,
    year,
)
from inference.tts.normalise.found import Found, whole

# 1,234,567 or 1234567, with a point or without.
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
# A minus sign, not a hyphen: nothing that it could join stands before it.
SIGN = r"(?:(?<![\w.)\]])[-−+±])?"

_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})*|\d{1,9})(?:st|nd|rd|th)\b", re.IGNORECASE)
_VERSION = re.compile(r"(?<![\w.])(?:[vV](\d+(?:\.\d+)+)|(\d+(?:\.\d+){2,}))(?!\w)")
_RANGE = re.compile(rf"(?<![\w.,/-])({NUMBER})\s?[-–—]\s?({NUMBER})(?![\w/-]|[.,]\d)")
_FRACTION = re.compile(r"(?<![\w/.,])(?:(\d{1,3}) )?([1-9]\d?)/([1-9]\d?)(?![\w/]|[.,]\d)")
_PLAIN = re.compile(rf"({SIGN})({NUMBER}|(?<!\d)\.\d+)")
_VULGAR = {
    "½": "one half",
    "¼": "one quarter",
    "¾": "three quarters",
    "⅓": "one third",
    "⅔": "two thirds",
}
_VULGAR_PATTERN = re.compile(rf"(\d{{1,9}})?\s?([{''.join(_VULGAR)}])")
_SIGNS = {"-": ["minus"], "−": ["minus"], "+": ["plus"], "±": ["plus", "or", "minus"], "": []}
_ALL_DAY = re.compile(r"(?<![\w/])24/7(?![\w/])")


def numbers(text: str) -> Iterator[Found]:
    """Find every number that no other topic has taken."""
    for match in _ALL_DAY.finditer(text):
        yield whole(match, ["twenty", "four", "seven"])
    for match in _ORDINAL.finditer(text):
        yield whole(match, _ordinal(match[1].replace(",", "")))
    for match in _VERSION.finditer(text):
        yield whole(match, ["V", *_version(match[1])] if match[1] else _version(match[2]))
    for match in _VULGAR_PATTERN.finditer(text):
        before = [*integer(match[1]), "and"] if match[1] else []
        yield whole(match, [*before, *_VULGAR[match[2]].split()])
    for match in _FRACTION.finditer(text):
        yield whole(match, _fraction(match))
    for match in _RANGE.finditer(text):
        yield whole(match, [*spoken(match[1]), "to", *spoken(match[2])])
    for match in _PLAIN.finditer(text):
        yield whole(match, [*_SIGNS[match[1]], *spoken(match[2])])


def spoken(number: str) -> list[str]:
    """Return the words of one number as written: a year where it looks like one, digits where it is long."""
    plain = number.replace(",", "")
    if "." in number:
        return decimal(plain)
    if "," not in number and len(plain) == 4:
        return year(int(plain))
    # Nobody writes a count of seven digits without separators, unless it is round.
    if "," not in number and len(plain) >= 7 and not plain.endswith("000"):
        return digits(plain)
    return integer(plain)


def _ordinal(plain: str) -> list[str]:
    """Say what is too long to count digit by digit, and let the ending go."""
    return ordinal(int(plain)) if len(plain) <= MAX_DIGITS else digits(plain)


def _version(number: str) -> list[str]:
    parts = [integer(part) for part in number.split(".")]
    return [
        word for index, part in enumerate(parts) for word in (["point"] if index else []) + part
    ]


def _fraction(match: re.Match[str]) -> list[str]:
    above, below = int(match[2]), int(match[3])
    before = [*cardinal(int(match[1])), "and"] if match[1] else []
    if below == 1 or above > 9:
        return [*before, *cardinal(above), "over", *cardinal(below)]
    one = {2: "half", 4: "quarter"}.get(below) or " ".join(ordinal(below))
    many = {2: "halves"}.get(below) or f"{one}s"
    return [*before, *cardinal(above), *(one if above == 1 else many).split()]
