"""Times of day."""

from __future__ import annotations

import pytest

from inference.tts.normalise.times import times
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at 10:30.", {"10:30": "ten thirty"}),
        ("10:05am", {"10:05am": "ten oh five eigh M"}),
        (
            "5 p.m. or 5pm or 11 AM",
            {"5 p.m.": "five P M", "5pm": "five P M", "11 AM": "eleven eigh M"},
        ),
        (
            "9:00, 14:00, 0:00",
            {"9:00": "nine o'clock", "14:00": "fourteen hundred", "0:00": "zero hundred"},
        ),
        ("9:00 p.m.", {"9:00 p.m.": "nine P M"}),
        (
            "10:30:01 and 10:30:15",
            {"10:30:01": "ten thirty and one second", "10:30:15": "ten thirty and fifteen seconds"},
        ),
        ("12:99, 3:1, 25:00, 13pm, 5 pmx", {}),
        ("5 a month ==>", {}),
    ],
)
def test_times(text: str, said: dict[str, str]) -> None:
    assert spoken(times, text) == said
