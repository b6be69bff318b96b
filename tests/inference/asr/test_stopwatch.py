"""The timing of a whole call."""

from __future__ import annotations

from antiphon.timing import Timing
from inference.asr.stopwatch import Stopwatch


def test_sums_and_keeps_the_first_output() -> None:
    stopwatch = Stopwatch()
    assert stopwatch.total is None
    stopwatch.add(Timing(5, 100, 0))
    stopwatch.add(Timing(1, 50, 0))
    assert stopwatch.total == Timing(6, 150, 105)
