"""Numbers that are dialled or read off a card."""

from __future__ import annotations

import pytest

from inference.tts.normalise.phones import phones
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Call +1 (555) 123-4567.",
            {"+1 (555) 123-4567": "plus one, five five five, one two three, four five six seven"},
        ),
        (
            "020 7946 0958",
            {"020 7946 0958": "zero two zero, seven nine four six, zero nine five eight"},
        ),
        (
            "(0800) 123 456",
            {"(0800) 123 456": "zero eight zero zero, one two three, four five six"},
        ),
        ("555-0199, now", {"555-0199": "five five five, zero one nine nine"}),
        (
            "1-800-555-0199",
            {"1-800-555-0199": "one, eight zero zero, five five five, zero one nine nine"},
        ),
        (
            "4111 1111 1111 1111",
            {
                "4111 1111 1111 1111": "four one one one, one one one one, one one one one, one one one one"
            },
        ),
        ("123-45-6789", {"123-45-6789": "one two three, four five, six seven eight nine"}),
        ("07700900123", {"07700900123": "zero seven seven zero zero nine zero zero one two three"}),
        ("Dial 911!", {"911": "nine one one"}),
        ("0.5 0.75 0.25, $911, 10-20, 1,000,000, 2024, 12345678", {}),
        ("+44 1 ==>", {}),
    ],
)
def test_phones(text: str, said: dict[str, str]) -> None:
    assert spoken(phones, text) == said
