"""Numbers with a unit."""

from __future__ import annotations

import pytest

from inference.tts.normalise.units import units
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("50% and 3.5 %", {"50%": "fifty percent", "3.5 %": "three point five percent"}),
        (
            "20°C, 1°F, -5°",
            {
                "20°C": "twenty degrees Celsius",
                "1°F": "one degree Fahrenheit",
                "-5°": "minus five degrees",
            },
        ),
        ("1 kg or 2kg", {"1 kg": "one kilogram", "2kg": "two kilograms"}),
        (
            "5 km/h, 60 mph",
            {"5 km/h": "five kilometers per hour", "60 mph": "sixty miles per hour"},
        ),
        ("10-20 mg", {"10-20 mg": "ten to twenty milligrams"}),
        ("5'10\"", {"5'10\"": "five foot ten"}),
        (
            "~30 min, 5s, 3x",
            {"~30 min": "about thirty minutes", "5s": "five seconds", "3x": "three times"},
        ),
        ("5 s, 3 x 4, 5 a day, 5 m², 5 men", {}),
        ("1,500 GB", {"1,500 GB": "one thousand five hundred gigabytes"}),
    ],
)
def test_units(text: str, said: dict[str, str]) -> None:
    assert spoken(units, text) == said
