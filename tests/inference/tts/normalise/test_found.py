"""What a topic finds."""

from __future__ import annotations

import re

from inference.tts.normalise.found import Found, Part, pieces, whole


def match(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    assert found is not None
    return found


def test_whole() -> None:
    assert whole(match(r"\d+", "at 42"), ["forty", "two"]) == Found(
        3, 5, (Part(("forty", "two"), 3, 5),)
    )


def test_pieces() -> None:
    parts = [Part(("four",), 3, 4), Part(("two",), 4, 5)]
    assert pieces(match(r"\d+", "at 42"), parts) == Found(3, 5, tuple(parts))
