"""Dates and decades."""

from __future__ import annotations

import pytest

from inference.tts.normalise.dates import dates
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on 2024-03-05.", {"2024-03-05": "March fifth twenty twenty four"}),
        (
            "3/5/2024 and 13/5/24",
            {
                "3/5/2024": "March fifth twenty twenty four",
                "13/5/24": "May thirteenth twenty twenty four",
            },
        ),
        ("March 5, 2024", {"March 5, 2024": "March fifth twenty twenty four"}),
        ("Mar. 5th is near", {"Mar. 5th": "March fifth"}),
        (
            "5 March and 1st of May 2005",
            {"5 March": "March fifth", "1st of May 2005": "May first two thousand five"},
        ),
        (
            "the 1990s, the '80s, the 2010s",
            {"1990s": "nineteen nineties", "'80s": "eighties", "2010s": "twenty tens"},
        ),
        ("Dec 25", {"Dec 25": "December twenty fifth"}),
        ("13/45/2024 and 0/1/2024", {}),
        ("May I? I may 5 times.", {}),
        ("March 50 and 2024-13-01 ==>", {}),
    ],
)
def test_dates(text: str, said: dict[str, str]) -> None:
    assert spoken(dates, text) == said
