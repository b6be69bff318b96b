"""The times that our words carry against those at which Whisper hears them.

Whisper's own are no truth: it knows them from attention, in steps of 20 ms, and inside a phrase it begins a
word some 90 ms early, while after a pause it agrees with ours. So the lead is told beside the error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Timed = Sequence[tuple[str, float]]


def differences_ms(ours: Timed, heard: Timed) -> list[float]:
    """Return by how much later than heard each word begins that both have."""
    return [
        ours[one + offset][1] - heard[other + offset][1]
        for one, other, length in _matches(ours, heard)
        for offset in range(length)
    ]


def heard_share(ours: Timed, heard: Timed) -> float:
    """Return which share of our words was heard."""
    return sum(length for *_, length in _matches(ours, heard)) / max(1, len(ours))


def _matches(ours: Timed, heard: Timed) -> list[tuple[int, int, int]]:
    one, other = ([_plain(word) for word, _ in words] for words in (ours, heard))
    blocks = SequenceMatcher(None, one, other, False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word).lower()
