"""Abbreviations and symbols that are said as words: "Dr.", "e.g.", "No. 5", "&", "w/"."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.dates import MONTHS
from inference.tts.normalise.found import Found, Part, pieces, whole
from inference.tts.normalise.spelling import spell

# Before a name.
_TITLES = {
    "Mr": "mister", "Mrs": "missus", "Ms": "miz", "Dr": "doctor", "Prof": "professor",
    "St": "saint", "Mt": "mount", "Gen": "general", "Sen": "senator", "Rep": "representative",
    "Lt": "lieutenant", "Col": "colonel", "Capt": "captain", "Sgt": "sergeant", "Rev": "reverend",
    "Hon": "honorable",
}  # fmt: skip
# After a name or anywhere; the full stop is a part of it.
_WITH_STOP = {
    "St": "street", "Dr": "drive", "Ave": "avenue", "Rd": "road", "Blvd": "boulevard", "Apt": "apartment",
    "Inc": "incorporated", "Ltd": "limited", "Co": "company", "Corp": "corporation", "Jr": "junior",
    "Sr": "senior", "etc": "et cetera", "approx": "approximately", "Dept": "department", "dept": "department",
    "est": "established", "ext": "extension", "vs": "versus", "e.g": "for example", "E.g": "for example",
    "i.e": "that is", "I.e": "that is", "cf": "compare",
}  # fmt: skip
# Words otherwise ("The cat sat."), so only before a number or a comma.
_IN_DATES = {
    **{name[:3]: name for name in MONTHS if name != "May"}, "Sept": "September",
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_BARE = {
    "Mr": "mister",
    "Mrs": "missus",
    "Dr": "doctor",
    "vs": "versus",
    "etc": "et cetera",
    "approx": "approximately",
}
# What espeak-ng says otherwise than people do.
_SPELT = ("AM", "ER", "FAQ", "ICU", "IV", "IT")
_SYMBOLS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "×": "times", "÷": "divided by", "≠": "is not",
    "≤": "at most", "≥": "at least", "<": "less than", ">": "greater than", "→": "to", "©": "copyright",
    "€": "euros", "$": "dollars", "£": "pounds", "%": "percent", "°": "degrees",
}  # fmt: skip

_TITLE = re.compile(rf"\b({'|'.join(_TITLES)})\.\s?(?=[A-Z])")
_STOPPED = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, _WITH_STOP))})\.(?!\w)")
_DATED = re.compile(rf"(?<![\w.])({'|'.join(_IN_DATES)})\.(?=,|\s\d)")
_BARE_WORD = re.compile(rf"(?<![\w.'’-])({'|'.join(_BARE)})(?![\w.'’-])")
_NUMBER = re.compile(r"\bNo(s?)\.\s?(?=\d)")
_INITIALS = re.compile(r"(?<![\w.])(?:[A-Za-z]\.){2,6}(?!\w)")
_ACRONYM = re.compile(rf"(?<![\w'’.-])(?:{'|'.join(_SPELT)})(?![\w'’-])")
_WITH = re.compile(r"(?<!\w)w/(o?)(?=[\s\w])")
# A symbol in its own right: with numbers or spaces around it, not inside of a word.
_SYMBOL = re.compile(rf"(?<=[\s\d])[{re.escape(''.join(_SYMBOLS))}](?=[\s\d])")
_JOINED_AND = re.compile(r"(?<=[A-Za-z])&(?=[A-Za-z])")


def abbreviations(text: str) -> Iterator[Found]:
    """Find every abbreviation and symbol that is said otherwise than its letters read."""
    for match in _TITLE.finditer(text):
        yield whole(match, [_TITLES[match[1]]])
    for match in _NUMBER.finditer(text):
        yield whole(match, ["numbers" if match[1] else "number"])
    for match in _STOPPED.finditer(text):
        yield whole(match, _WITH_STOP[match[1]].split())
    for match in _DATED.finditer(text):
        yield whole(match, [_IN_DATES[match[1]]])
    for match in _BARE_WORD.finditer(text):
        yield whole(match, _BARE[match[1]].split())
    for match in _INITIALS.finditer(text):
        yield pieces(match, (p for p in spell(match.group(), match.start()) if p.words != ("dot",)))
    for match in _ACRONYM.finditer(text):
        yield pieces(match, spell(match.group(), match.start()))
    yield from _symbols(text)


def _symbols(text: str) -> Iterator[Found]:
    for match in _WITH.finditer(text):
        yield whole(match, ["without" if match[1] else "with"])
    for match in _SYMBOL.finditer(text):
        yield whole(match, _SYMBOLS[match.group()].split())
    for match in _JOINED_AND.finditer(text):
        yield Found(*match.span(), (Part(("and",), *match.span()),))
