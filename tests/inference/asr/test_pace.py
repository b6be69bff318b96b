"""How far audio runs ahead of real time."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.pace import LIVE_LEAD_S, PACED_LEAD_S, Pace


@pytest.mark.parametrize(
    ("audio", "lead_s"),
    [
        ([], 0),
        ([(0, 3)], 3),
        ([(0, 3), (2, 0)], 1),
        ([(0, 3), (100, 4)], 4),  # being late earns nothing
        ([(0, 30), (1, 30)], 59),
    ],
)
def test_lead(audio: list[tuple[float, float]], lead_s: float) -> None:
    pace = Pace()
    for now_s, audio_s in audio:
        pace.hear(audio_s, now_s)
    assert pace.lead_s(audio[-1][0] if audio else 0) == pytest.approx(lead_s)


def test_a_file_is_no_caller_and_becomes_one_when_time_has_caught_up() -> None:
    pace = Pace()
    pace.hear(60, 5)
    assert not pace.is_live(5)
    assert not pace.is_live(5 + 60 - LIVE_LEAD_S - 0.1)
    assert pace.is_live(5 + 60 - LIVE_LEAD_S)


def test_an_utterance_sent_when_it_is_over_is_live() -> None:
    pace = Pace()
    pace.hear(LIVE_LEAD_S, 0)
    assert pace.is_live(0)


@pytest.mark.parametrize("failing", [True, False])
def test_a_file_that_is_held_up_stays_one(failing: bool) -> None:
    pace, clock = Pace(), iter([0.0, 100.0])
    pace.hear(60, 0)
    with suppress(ValueError), pace.held_up(lambda: next(clock)):
        assert pace.lead_s(50) == 60
        if failing:
            raise ValueError
    assert pace.lead_s(100) == 60
    pace.hear(60, 100)
    assert pace.lead_s(100) == 60
    pace.hear(60, 110)
    assert pace.lead_s(110) == 70
    assert pace.is_live(170)


@given(st.lists(st.tuples(st.floats(0.01, 3), st.floats(0, 60)), max_size=100))
def test_a_caller_who_is_held_up_time_and_again_stays_live(
    turns: list[tuple[float, float]],
) -> None:
    """What was said meanwhile comes at once, but for what had come before."""
    pace, now_s, heard_s = Pace(), 0.0, 0.0
    for talk_s, held_s in turns:
        now_s = max(now_s, heard_s) + talk_s
        pace.hear(now_s - heard_s, now_s)
        heard_s = now_s
        clock = iter([now_s, now_s + held_s])
        with pace.held_up(lambda clock=clock: next(clock)):  # type: ignore[misc]
            assert pace.lead_s(now_s + held_s) <= 3 + 1e-6
        now_s += held_s
        assert pace.lead_s(now_s) <= 3 + 1e-6


@given(st.lists(st.floats(0.01, 1), max_size=200), st.floats(0, 2))
def test_whoever_speaks_is_live_for_ever(chunks_s: list[float], jitter_s: float) -> None:
    pace, said_s = Pace(), 0.0
    for chunk_s in chunks_s:
        said_s += chunk_s
        pace.hear(chunk_s, said_s + jitter_s)
        # The audio of a message was said before it came, which the clock cannot know.
        assert pace.lead_s(said_s + jitter_s) <= max(chunks_s) + 1e-9


def test_a_burst_after_a_stall_is_paced_and_a_file_is_not() -> None:
    pace = Pace()
    pace.hear(0.02, 0)
    pace.hear(PACED_LEAD_S, 10)
    assert pace.is_paced(10)
    pace.hear(0.1, 10)
    assert not pace.is_paced(10)
    assert pace.is_paced(11)
