"""Dates and decades: "2024-03-05", "3/5/2024", "March 5, 2024", "5th of Mar.", "the 1990s"."""

# ruff: noqa: RUF001, SIM905 - these characters are meant, and word lists read best as text
from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.cardinals import ordinal, year
from inference.tts.normalise.found import Found, whole

MONTHS = (
    "January February March April May June July August September October November December".split()
)
_BY_NAME = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
# "may" and "mar" in lower case are words.
_MONTH = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"([0-3]?\d)(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(\d{4})(?!\d)"
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_SLASHED = re.compile(r"(?<![\w/])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\w/])")
_MONTH_FIRST = re.compile(rf"\b{_MONTH} {_DAY}(?:,? {_YEAR})?(?![\w%]|[.:,]\d)")
_DAY_FIRST = re.compile(rf"(?<![\w.,:/-]){_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?(?!\w|[.:,]\d)")
_DECADE = re.compile(r"(?<!\w)(?:(1[1-9]|20)|['’])([1-9])0['’]?s\b")


def dates(text: str) -> Iterator[Found]:
    """Find every date that exists in a calendar; month before day in numbers, as in the United States."""
    for match in _ISO.finditer(text):
        yield from _date(match, int(match[2]), int(match[3]), match[1])
    for match in _SLASHED.finditer(text):
        first, second = int(match[1]), int(match[2])
        month, day = (second, first) if first > 12 else (first, second)
        yield from _date(match, month, day, match[3])
    for match in _MONTH_FIRST.finditer(text):
        yield from _date(match, _BY_NAME[match[1][:3].lower()], int(match[2]), match[3])
    for match in _DAY_FIRST.finditer(text):
        yield from _date(match, _BY_NAME[match[2][:3].lower()], int(match[1]), match[3])
    for match in _DECADE.finditer(text):
        yield whole(match, _decade(match[1], match[2]))


def _date(match: re.Match[str], month: int, day: int, of: str | None) -> Iterator[Found]:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return
    full = int(of if len(of) == 4 else f"20{of}") if of else 0
    yield whole(match, [MONTHS[month - 1], *ordinal(day), *(year(full) if full else [])])


def _decade(century: str | None, tens: str) -> list[str]:
    *words, last = year(int(f"{century or '19'}{tens}0"))
    plural = f"{last[:-1]}ies" if last.endswith("y") else f"{last}s"
    return [*words, plural] if century else [plural]
