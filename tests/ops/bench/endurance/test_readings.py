from __future__ import annotations

import pytest

from ops.bench.crowd.meter import Held
from ops.bench.endurance.readings import Reading, figures


def reading(sessions: int, rss_kb: float, descriptors: int = 17) -> Reading:
    return Reading(sessions, {"asr": Held(1000.0, 9), "server": Held(rss_kb, descriptors)})


GROWING = [reading(n, 100_000 + 3 * n, 17 + n // 10) for n in range(0, 110, 10)]


def test_a_leak_is_what_each_session_leaves() -> None:
    told = figures(GROWING)
    assert told["sessions"] == 100
    assert told["rss_slope_kb_per_session"] == pytest.approx(3)
    assert told["fd_slope"] == pytest.approx(0.1)
    assert told["by_service"]["asr"] == {"rss_slope_kb_per_session": 0, "fd_slope": 0}
    assert told["descriptors"] == {"first": 17, "last": 27}


def test_what_is_taken_once_at_the_start_is_no_leak() -> None:
    start = [reading(0, 10_000, 12), reading(10, 60_000, 14)]
    told = figures([*start, *(reading(n, 90_000) for n in range(20, 110, 10))])
    assert (told["rss_slope_kb_per_session"], told["fd_slope"]) == (0, 0)
    assert told["rss_mb"]["first"] < told["rss_mb"]["warm"] == told["rss_mb"]["last"]


def test_of_one_reading_nothing_is_said() -> None:
    assert figures([reading(0, 1.0), reading(2, 5000.0)])["rss_slope_kb_per_session"] == 0
    assert reading(1, 2048.0).told == "2.0 MB, 17 descriptors"
