"""Numbers with a unit or a percent sign: "5 km", "20°C", "50%", "3x"."""

# ruff: noqa: RUF001 - these characters are meant
from __future__ import annotations

import re
from collections.abc import Iterator

from inference.tts.normalise.found import Found, whole
from inference.tts.normalise.numbers import NUMBER, spoken

# (one, many); where both are the same word there is one
_UNITS = {
    "%": "percent",
    "‰": "per mille",
    "°C": "degree Celsius|degrees Celsius",
    "°F": "degree Fahrenheit|degrees Fahrenheit",
    "°": "degree|degrees",
    "km/h": "kilometer per hour|kilometers per hour",
    "m/s": "meter per second|meters per second",
    "mph": "mile per hour|miles per hour",
    "kbps": "kilobit per second|kilobits per second",
    "Mbps": "megabit per second|megabits per second",
    "Gbps": "gigabit per second|gigabits per second",
    "km": "kilometer|kilometers",
    "cm": "centimeter|centimeters",
    "mm": "millimeter|millimeters",
    "m": "meter|meters",
    "ft": "foot|feet",
    "yd": "yard|yards",
    "mi": "mile|miles",
    "kg": "kilogram|kilograms",
    "mg": "milligram|milligrams",
    "mcg": "microgram|micrograms",
    "g": "gram|grams",
    "lb": "pound|pounds",
    "lbs": "pound|pounds",
    "oz": "ounce|ounces",
    "ml": "milliliter|milliliters",
    "mL": "milliliter|milliliters",
    "l": "liter|liters",
    "L": "liter|liters",
    "kWh": "kilowatt hour|kilowatt hours",
    "kW": "kilowatt|kilowatts",
    "MW": "megawatt|megawatts",
    "W": "watt|watts",
    "V": "volt|volts",
    "kHz": "kilohertz",
    "MHz": "megahertz",
    "GHz": "gigahertz",
    "Hz": "hertz",
    "kB": "kilobyte|kilobytes",
    "KB": "kilobyte|kilobytes",
    "MB": "megabyte|megabytes",
    "GB": "gigabyte|gigabytes",
    "TB": "terabyte|terabytes",
    "ms": "millisecond|milliseconds",
    "s": "second|seconds",
    "sec": "second|seconds",
    "secs": "second|seconds",
    "min": "minute|minutes",
    "mins": "minute|minutes",
    "h": "hour|hours",
    "hr": "hour|hours",
    "hrs": "hour|hours",
    "mmHg": "millimeter of mercury|millimeters of mercury",
    "bpm": "beat per minute|beats per minute",
    "x": "times",
    "k": "thousand",
    "K": "thousand",
}
_NAMES = "|".join(re.escape(name) for name in sorted(_UNITS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?<![\w.,/])([-−~≈]?)({NUMBER})(?:\s?[-–]\s?({NUMBER}))?\s?({_NAMES})(?![\w/]|[²³])"
)
_FEET = re.compile(r"(?<![\w.,/])(\d{1,2})['′’]\s?(\d{1,2})(?:[\"″”]|'')")
_BEFORE = {"": [], "-": ["minus"], "−": ["minus"], "~": ["about"], "≈": ["about"]}
# "5 m" in a sentence is a distance, "I have 5 a day" is none: only a letter that stands at the number.
_GLUED_ONLY = frozenset("skKx")


def units(text: str) -> Iterator[Found]:
    """Find every quantity."""
    for match in _FEET.finditer(text):
        yield whole(match, [*spoken(match[1]), "foot", *spoken(match[2])])
    for match in _QUANTITY.finditer(text):
        if match[4] in _GLUED_ONLY and match.group()[-2].isspace():
            continue
        until = ["to", *spoken(match[3])] if match[3] else []
        name = _name(match[4], match[3] or match[2])
        yield whole(match, [*_BEFORE[match[1]], *spoken(match[2]), *until, *name])


def _name(unit: str, number: str) -> list[str]:
    one, _, many = _UNITS[unit].partition("|")
    return (one if number == "1" else many or one).split()
