"""The pieces of the wait for an answer, whatever ran on trust beside what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conversation.hops import ENDS, Hop, hops, voice_to_voice
from server.conversation.timeline import Mark

PLAIN: dict[Mark, float] = {
    Mark.SPEECH_ENDED: 10.0,
    Mark.COMMITTED: 10.4,
    Mark.FINAL: 10.5,
    Mark.GENERATION_STARTED: 10.5,
    Mark.FIRST_TOKEN: 10.6,
    Mark.FIRST_CLAUSE: 10.8,
    Mark.FIRST_AUDIO: 10.9,
    Mark.AUDIBLE: 11.0,
}


def _lasted(marks: dict[Mark, float]) -> dict[Hop, float]:
    return {hop: round(end - begin, 6) for hop, (begin, end) in hops(marks).items()}


def test_one_after_the_other_each_hop_is_what_it_took() -> None:
    assert _lasted(PLAIN) == {
        Hop.ENDPOINT: 0.4,
        Hop.FINAL: 0.1,
        Hop.FIRST_TOKEN: 0.1,
        Hop.FIRST_CLAUSE: 0.2,
        Hop.FIRST_AUDIO: 0.1,
        Hop.PLAYOUT: 0.1,
    }


def test_what_was_ready_on_trust_took_no_time_of_its_own() -> None:
    trusted: dict[Mark, float] = PLAIN | {
        Mark.FIRST_TOKEN: 10.25,
        Mark.FIRST_CLAUSE: 10.3,
        Mark.FIRST_AUDIO: 10.35,
    }
    assert _lasted(trusted) == {
        Hop.ENDPOINT: 0.4,
        Hop.FINAL: 0.1,
        Hop.FIRST_TOKEN: 0.0,
        Hop.FIRST_CLAUSE: 0.0,
        Hop.FIRST_AUDIO: 0.0,
        Hop.PLAYOUT: 0.5,
    }


def test_what_was_begun_on_trust_took_what_was_left_of_it() -> None:
    trusted: dict[Mark, float] = PLAIN | {
        Mark.FIRST_TOKEN: 10.25,
        Mark.FIRST_CLAUSE: 10.45,
        Mark.FIRST_AUDIO: 10.7,
    }
    lasted = _lasted(trusted)
    assert lasted[Hop.FIRST_CLAUSE] == 0.0
    assert lasted[Hop.FIRST_AUDIO] == 0.2


@pytest.mark.parametrize("missing", [Mark.SPEECH_ENDED, Mark.AUDIBLE])
def test_where_nothing_was_asked_or_heard_there_are_none(missing: Mark) -> None:
    marks = {mark: at for mark, at in PLAIN.items() if mark is not missing}
    assert hops(marks) == {}
    assert voice_to_voice(marks) is None


def test_a_hop_without_a_mark_is_left_out() -> None:
    recited: dict[Mark, float] = {
        mark: at for mark, at in PLAIN.items() if mark is not Mark.FIRST_TOKEN
    }
    assert Hop.FIRST_TOKEN not in hops(recited)
    assert sum(_lasted(recited).values()) == pytest.approx(1.0)


MARKS = st.fixed_dictionaries(
    {Mark.SPEECH_ENDED: st.floats(0, 100), Mark.AUDIBLE: st.floats(0, 100)},
    optional={mark: st.floats(0, 100) for mark in Mark if mark not in ("speech_ended", "audible")},
)


@given(MARKS)
def test_the_sum_of_the_hops_is_voice_to_voice(marks: dict[Mark, float]) -> None:
    found = hops(marks)
    assert sum(end - begin for begin, end in found.values()) == pytest.approx(voice_to_voice(marks))


@given(MARKS)
def test_hops_follow_each_other_without_a_gap(marks: dict[Mark, float]) -> None:
    found = list(hops(marks).items())
    assert [hop for hop, _ in found] == [hop for hop in Hop if ENDS[hop] in marks]
    at = marks[Mark.SPEECH_ENDED]
    for _, (begin, end) in found:
        assert begin == at
        assert end >= begin
        at = end
