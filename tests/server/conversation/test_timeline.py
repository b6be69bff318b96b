from __future__ import annotations

import pytest

from antiphon.observability.spans import new_trace
from server.conversation.timeline import ARRIVALS, Arrivals, Mark, Timeline


def test_marks_count_from_the_end_of_speech() -> None:
    timeline = Timeline()
    timeline.mark(Mark.FINAL, 10.5)
    timeline.mark(Mark.SPEECH_ENDED, 10.0)
    timeline.mark(Mark.FIRST_TOKEN, 10.61234)
    assert timeline.as_ms() == {"final": 500.0, "speech_ended": 0.0, "first_token": 612.3}


def test_without_it_they_count_from_the_first() -> None:
    timeline = Timeline()
    timeline.mark(Mark.FIRST_AUDIO, 3.0)
    timeline.mark(Mark.GENERATION_STARTED, 2.0)
    assert timeline.as_ms() == {"first_audio": 1000.0, "generation_started": 0.0}


def test_a_mark_is_made_once_and_none_is_nothing() -> None:
    timeline = Timeline()
    assert timeline.as_ms() == {}
    timeline.mark(Mark.FIRST_TOKEN, 1.0)
    timeline.mark(Mark.FIRST_TOKEN, 2.0)
    timeline.mark(Mark.LAST_TOKEN, 2.0)
    assert timeline.as_ms() == {"first_token": 0.0, "last_token": 1000.0}


def test_what_another_noted_is_adopted_unless_it_was_noted_before() -> None:
    timeline, other = Timeline(), Timeline()
    timeline.mark(Mark.FINAL, 10.6)
    timeline.mark(Mark.FIRST_TOKEN, 10.4)
    other.mark(Mark.SPEECH_ENDED, 10.0)
    other.mark(Mark.FIRST_TOKEN, 10.9)
    timeline.adopt(other)
    assert timeline.as_ms() == {"final": 600.0, "speech_ended": 0.0, "first_token": 400.0}
    assert other.as_ms() == {"speech_ended": 0.0, "first_token": 900.0}
    timeline.mark(Mark.SPEECH_ENDED, 10.1)
    assert timeline.as_ms()["final"] == 600.0


def test_one_more_answer_has_the_same_speech_and_a_trace_of_its_own() -> None:
    first, trace = Timeline(new_trace()), new_trace()
    first.mark(Mark.SPEECH_ENDED, 10.0)
    other = first.again(trace)
    other.mark(Mark.FIRST_TOKEN, 10.5)
    assert (first.answered, other.answered) == (False, True)
    assert other.marks == {Mark.SPEECH_ENDED: 10.0, Mark.FIRST_TOKEN: 10.5}
    assert first.marks == {Mark.SPEECH_ENDED: 10.0}
    assert other.metadata == trace.metadata
    assert first.metadata != other.metadata


def test_where_turns_are_not_traced_calls_carry_nothing() -> None:
    assert Timeline().metadata == ()


@pytest.mark.parametrize(
    ("position_ms", "at_s"),
    [(0, 1.0), (20, 1.0), (20.1, 1.1), (40, 1.1), (59.9, 1.2), (60, 1.2), (60.1, None)],
)
def test_a_position_arrived_with_the_piece_that_holds_it(
    position_ms: float, at_s: float | None
) -> None:
    arrivals = Arrivals()
    for end_ms, arrived_s in ((20, 1.0), (40, 1.1), (60, 1.2)):
        arrivals.note(end_ms, arrived_s)
    assert arrivals.when(position_ms) == at_s


def test_before_any_audio_nothing_arrived() -> None:
    assert Arrivals().when(0) is None


def test_what_is_kept_is_bounded() -> None:
    arrivals = Arrivals()
    for number in range(ARRIVALS + 10):
        arrivals.note((number + 1) * 20.0, float(number))
    assert arrivals.when(0) == 10
    assert arrivals.when((ARRIVALS + 10) * 20.0) == ARRIVALS + 9
