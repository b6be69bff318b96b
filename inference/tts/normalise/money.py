"""Sums of money: "$3.50", "£1.2 million", "EUR 20", "50¢"."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from inference.tts.normalise.cardinals import cardinal, decimal, integer
from inference.tts.normalise.found import Found, whole
from inference.tts.normalise.numbers import NUMBER


class _Currency(NamedTuple):
    one: str
    many: str
    small_one: str = ""
    small_many: str = ""


_DOLLAR = _Currency("dollar", "dollars", "cent", "cents")
_POUND = _Currency("pound", "pounds", "penny", "pence")
_EURO = _Currency("euro", "euros", "cent", "cents")
_CURRENCIES = {
    "$": _DOLLAR,
    "US$": _DOLLAR,
    "USD": _DOLLAR,
    "£": _POUND,
    "GBP": _POUND,
    "€": _EURO,
    "EUR": _EURO,
    "¥": _Currency("yen", "yen"),
    "JPY": _Currency("yen", "yen"),
    "₹": _Currency("rupee", "rupees"),
    "INR": _Currency("rupee", "rupees"),
    "CHF": _Currency("Swiss franc", "Swiss francs"),
}
_SCALES = {
    "k": "thousand", "m": "million", "mn": "million", "bn": "billion", "b": "billion",
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
}  # fmt: skip
_NAME = r"US\$|USD|GBP|EUR|JPY|INR|CHF|[$£€¥₹]"
_SCALE = r"(?:\s?(thousand|million|billion|trillion|mn|bn|[kKmMbB])(?!\w))?"
_BEFORE = re.compile(rf"(?<!\w)([-−]?)({_NAME})\s?([-−]?)({NUMBER}){_SCALE}(?!\d)")
_AFTER = re.compile(rf"(?<![\w.,])({NUMBER}){_SCALE}\s?({_NAME})(?!\w)")
_CENTS = re.compile(rf"(?<![\w.,])({NUMBER})\s?¢|¢\s?({NUMBER})")


def money(text: str) -> Iterator[Found]:
    """Find every sum of money."""
    for match in _BEFORE.finditer(text):
        minus = ["minus"] if match[1] or match[3] else []
        yield whole(match, [*minus, *_sum(match[4], match[5], _CURRENCIES[match[2]])])
    for match in _AFTER.finditer(text):
        yield whole(match, _sum(match[1], match[2], _CURRENCIES[match[3]]))
    for match in _CENTS.finditer(text):
        number = (match[1] or match[2]).replace(",", "")
        yield whole(match, [*decimal(number), "cent" if number == "1" else "cents"])


def _sum(number: str, scale: str | None, currency: _Currency) -> list[str]:
    plain = number.replace(",", "")
    large, _, small = plain.partition(".")
    if scale:
        return [*decimal(plain), _SCALES[scale.lower()], *currency.many.split()]
    if small and not (len(small) == 2 and currency.small_one):
        return [*decimal(plain), *currency.many.split()]
    words = [*integer(large), *(currency.one if large == "1" else currency.many).split()]
    if not small or int(small) == 0:
        return words
    cents = [*cardinal(int(small)), currency.small_one if int(small) == 1 else currency.small_many]
    return cents if large.strip("0") == "" else [*words, "and", *cents]
