"""Codes of letters and digits."""

from __future__ import annotations

import pytest

from inference.tts.normalise.codes import codes
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "A-1042 or #A-1042",
            {"A-1042": "eigh one zero four two", "#A-1042": "eigh one zero four two"},
        ),
        (
            "#1042, #1 and #07",
            {"#1042": "number one zero four two", "#1": "number one", "#07": "number zero seven"},
        ),
        (
            "B12, 5G, H2O, MP3",
            {"B12": "B twelve", "5G": "five G", "H2O": "H two O", "MP3": "M P three"},
        ),
        ("COVID-19 and GPT-4", {"COVID-19": "COVID nineteen", "GPT-4": "G P T four"}),
        ("1080p", {"1080p": "one zero eight zero P"}),
        ("X9-22B", {"X9-22B": "X nine twenty two B"}),
        ("hello world, X-ray, 42, A-B, 1st, 10km, #hashtag ==>", {}),
    ],
)
def test_codes(text: str, said: dict[str, str]) -> None:
    assert spoken(codes, text) == said
