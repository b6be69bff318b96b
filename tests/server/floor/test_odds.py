"""How likely a caller goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor.odds import FITTED, LONGEST_COUNTED_MS, USUAL_PAUSE_MS, features

PROBABILITIES = st.floats(0, 1)
PAUSES = st.floats(0, 1e6)


def test_no_model_is_a_model_that_does_not_know() -> None:
    assert features(None, 0) == features(0.5, 0) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("longest_ms", "seconds"),
    [(USUAL_PAUSE_MS, 0.0), (900, 0.5), (LONGEST_COUNTED_MS, 1.0), (60_000, 1.0)],
)
def test_usual_pauses_do_not_count_and_endless_ones_not_for_ever(
    longest_ms: float, seconds: float
) -> None:
    assert features(None, longest_ms)[1] == pytest.approx(seconds)


def test_a_model_that_is_certain_is_believed_only_so_far() -> None:
    assert features(1.0, 0) == features(0.995, 0)
    assert features(0.0, 0) == features(0.005, 0)


@given(PROBABILITIES, PROBABILITIES, PAUSES, PAUSES)
def test_the_surer_the_model_the_less_likely_and_the_longer_the_pauses_the_more(
    one: float, other: float, short_ms: float, long_ms: float
) -> None:
    low, high = sorted((one, other))
    short_ms, long_ms = sorted((short_ms, long_ms))
    assert FITTED.log_odds(high, short_ms) <= FITTED.log_odds(low, long_ms)
