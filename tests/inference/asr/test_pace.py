"""How far audio runs ahead of real time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.pace import LIVE_LEAD_S, Pace


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


@given(st.lists(st.floats(0.01, 1), max_size=200), st.floats(0, 2))
def test_whoever_speaks_is_live_for_ever(chunks_s: list[float], jitter_s: float) -> None:
    pace, said_s = Pace(), 0.0
    for chunk_s in chunks_s:
        said_s += chunk_s
        pace.hear(chunk_s, said_s + jitter_s)
        # The audio of a message was said before it came, which the clock cannot know.
        assert pace.lead_s(said_s + jitter_s) <= max(chunks_s) + 1e-9
