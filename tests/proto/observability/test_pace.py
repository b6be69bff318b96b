from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.observability.pace import Pace


def test_a_few_come_at_once_and_the_others_at_a_pace() -> None:
    pace = Pace(per_s=4, burst=3)
    assert [pace.wait_s(10.0) for _ in range(6)] == pytest.approx([0, 0, 0, 0.25, 0.5, 0.75])


def test_who_waited_long_enough_finds_the_few_again() -> None:
    pace = Pace(per_s=4, burst=3)
    for _ in range(3):
        pace.wait_s(0.0)
    assert [pace.wait_s(100.0) for _ in range(4)] == pytest.approx([0, 0, 0, 0.25])


@given(st.lists(st.floats(0, 1), min_size=20, max_size=60))
def test_whoever_waits_as_told_never_goes_faster(gaps: list[float]) -> None:
    pace, now_s, places = Pace(per_s=5, burst=10), 0.0, []
    for gap in gaps:
        now_s += gap
        now_s += pace.wait_s(now_s)
        places.append(now_s)
    for first, eleventh in zip(places, places[10:], strict=False):
        assert eleventh - first >= 0.2 - 1e-9
