"""Numbers in English words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.tts.normalise.cardinals import (
    MAX_DIGITS,
    cardinal,
    decimal,
    digits,
    integer,
    ordinal,
    year,
)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (7, "seven"),
        (13, "thirteen"),
        (20, "twenty"),
        (42, "forty two"),
        (100, "one hundred"),
        (105, "one hundred five"),
        (115, "one hundred fifteen"),
        (1000, "one thousand"),
        (1_000_001, "one million one"),
        (-3, "minus three"),
        (10**15, "one quadrillion"),
        (10**MAX_DIGITS, "one" + " zero" * MAX_DIGITS),
        (-(10**MAX_DIGITS) - 5, "minus one" + " zero" * (MAX_DIGITS - 1) + " five"),
    ],
)
def test_cardinal(number: int, words: str) -> None:
    assert " ".join(cardinal(number)) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (5, "fifth"),
        (12, "twelfth"),
        (20, "twentieth"),
        (22, "twenty second"),
        (100, "one hundredth"),
        (10**MAX_DIGITS, "one" + " zero" * (MAX_DIGITS - 1) + " zeroth"),
    ],
)
def test_ordinal(number: int, words: str) -> None:
    assert " ".join(ordinal(number)) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1066, "one thousand sixty six"),
        (1905, "nineteen oh five"),
        (1984, "nineteen eighty four"),
        (1900, "nineteen hundred"),
        (2000, "two thousand"),
        (2009, "two thousand nine"),
        (2026, "twenty twenty six"),
    ],
)
def test_year(number: int, words: str) -> None:
    assert " ".join(year(number)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,234", "one thousand two hundred thirty four"),
        ("007", "zero zero seven"),
        ("0", "zero"),
        ("1" * (MAX_DIGITS + 1), " ".join(["one"] * (MAX_DIGITS + 1))),
        ("9" * 5000, " ".join(["nine"] * 5000)),  # more than int() takes
    ],
)
def test_integer(text: str, words: str) -> None:
    assert " ".join(integer(text)) == words


def test_decimal() -> None:
    assert decimal("3.50") == ["three", "point", "five", "zero"]
    assert decimal(".5") == ["zero", "point", "five"]
    assert decimal("3") == ["three"]


def test_digits() -> None:
    assert digits("4-٢") == ["four", "two"]


@given(st.integers(0, 10**MAX_DIGITS - 1), st.integers(0, 10**MAX_DIGITS - 1))
def test_two_numbers_never_sound_the_same(one: int, other: int) -> None:
    assert (cardinal(one) == cardinal(other)) == (one == other)
