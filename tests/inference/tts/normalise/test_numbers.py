"""Numbers as they stand in text."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import pytest

from inference.tts.normalise.numbers import numbers
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "1,234,567 and 42",
            {
                "1,234,567": "one million two hundred thirty four thousand five hundred sixty seven",
                "42": "forty two",
            },
        ),
        (
            "3.14, .5 and -5",
            {"3.14": "three point one four", ".5": "zero point five", "-5": "minus five"},
        ),
        (
            "007 and 12345678",
            {"007": "zero zero seven", "12345678": "one two three four five six seven eight"},
        ),
        ("3000000", {"3000000": "three million"}),
        (
            "1984, 2005, 2024, 1900",
            {
                "1984": "nineteen eighty four",
                "2005": "two thousand five",
                "2024": "twenty twenty four",
                "1900": "nineteen hundred",
            },
        ),
        (
            "1st, 22nd, 103rd, 1,000th",
            {
                "1st": "first",
                "22nd": "twenty second",
                "103rd": "one hundred third",
                "1,000th": "one thousandth",
            },
        ),
        (
            f"{'999,' * 5}999th, 1{',000' * 6}th, 12{',345' * 6}th",
            {
                f"{'999,' * 5}999th": (
                    "nine hundred ninety nine quadrillion nine hundred ninety nine trillion "
                    "nine hundred ninety nine billion nine hundred ninety nine million "
                    "nine hundred ninety nine thousand nine hundred ninety ninth"
                ),
                f"1{',000' * 6}th": "one" + " zero" * 18,
                f"12{',345' * 6}th": "one two" + " three four five" * 6,
            },
        ),
        # More than int() takes.
        (f"1{',000' * 2000}th", {f"1{',000' * 2000}th": "one" + " zero" * 6000}),
        ("1.2.3 and v2.0", {"1.2.3": "one point two point three", "v2.0": "V two point zero"}),
        ("10-20 and 5 – 6", {"10-20": "ten to twenty", "5 – 6": "five to six"}),
        (
            "1/2, 3/4, 2 1/2, 5/8, 22/7",
            {
                "1/2": "one half",
                "3/4": "three quarters",
                "2 1/2": "two and one half",
                "5/8": "five eighths",
                "22/7": "twenty two over seven",
            },
        ),
        ("½ and 2½", {"½": "one half", "2½": "two and one half"}),
        ("24/7", {"24/7": "twenty four seven"}),
        ("±3 and a-5", {"±3": "plus or minus three", "5": "five"}),
        ("٤٢", {"٤٢": "forty two"}),
        ("no digits ==>", {}),
    ],
)
def test_numbers(text: str, said: dict[str, str]) -> None:
    assert spoken(numbers, text) == said
