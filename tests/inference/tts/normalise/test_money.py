"""Sums of money."""

from __future__ import annotations

import pytest

from inference.tts.normalise.money import money
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is $3.50.", {"$3.50": "three dollars and fifty cents"}),
        ("$1 or $2", {"$1": "one dollar", "$2": "two dollars"}),
        ("£0.05 and £1.01", {"£0.05": "five pence", "£1.01": "one pound and one penny"}),
        (
            "$1,234.56",
            {"$1,234.56": "one thousand two hundred thirty four dollars and fifty six cents"},
        ),
        ("€3.5 million", {"€3.5 million": "three point five million euros"}),
        ("$2bn, $5k", {"$2bn": "two billion dollars", "$5k": "five thousand dollars"}),
        ("-$5 and $-5", {"-$5": "minus five dollars", "$-5": "minus five dollars"}),
        ("20 EUR, USD 50", {"USD 50": "fifty dollars", "20 EUR": "twenty euros"}),
        ("¥1000", {"¥1000": "one thousand yen"}),
        ("¥10.50", {"¥10.50": "ten point five zero yen"}),
        ("$3.5", {"$3.5": "three point five dollars"}),
        ("$5.00", {"$5.00": "five dollars"}),
        ("50¢ and 1¢", {"50¢": "fifty cents", "1¢": "one cent"}),
        ("CHF 10", {"CHF 10": "ten Swiss francs"}),
        ("a $ sign, 5 dollars ==>", {}),
    ],
)
def test_money(text: str, said: dict[str, str]) -> None:
    assert spoken(money, text) == said
