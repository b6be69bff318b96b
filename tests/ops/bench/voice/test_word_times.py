"""Our words against those that were heard."""

from __future__ import annotations

import pytest

from ops.bench.voice.word_times import differences_ms, heard_share

OURS = [("Hello,", 10.0), ("big", 300.0), ("world.", 600.0)]


def test_words_that_both_have_are_compared() -> None:
    heard = [(" hello", 0.0), (" pig", 280.0), (" World", 640.0)]
    assert differences_ms(OURS, heard) == [10.0, -40.0]
    assert heard_share(OURS, heard) == pytest.approx(2 / 3)


def test_nothing_was_heard_or_said() -> None:
    assert differences_ms(OURS, []) == []
    assert (heard_share(OURS, []), heard_share([], OURS)) == (0, 0)
