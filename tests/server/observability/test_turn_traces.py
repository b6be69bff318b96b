"""The spans of a turn: what they span, what they belong to, and what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry

from antiphon.observability.logs import SESSION, about
from antiphon.observability.spans import Span, TraceContext, new_trace
from server.conversation.hops import Hop
from server.conversation.observer import UNOBSERVED, Interruption, Told
from server.conversation.outcome import Ending
from server.conversation.timeline import Mark
from server.engines.failure import Engine, EngineFailure, FailureKind
from server.observability.conversations import Conversations
from server.observability.turn_traces import TurnTraces
from tests.server.observability.scraped import value
from tests.server.world import World, one_turn, tell
from tests.virtual_time import run_virtual

MARKS: Mapping[Mark, float] = {
    Mark.SPEECH_ENDED: 5.0,
    Mark.COMMITTED: 5.4,
    Mark.FIRST_AUDIO: 5.5,
    Mark.AUDIBLE: 5.6,
}


class Kept(list[Span]):
    """`Spans` that keeps all."""

    def record(self, span: Span) -> None:
        self.append(span)


@pytest.fixture
def spans() -> Kept:
    return Kept()


def _told(spans: Kept, marks: Mapping[Mark, float], trace: TraceContext | None) -> None:
    async def main() -> None:
        await asyncio.sleep(6 - asyncio.get_running_loop().time())
        with about(SESSION, "sess_1"):
            TurnTraces(spans, UNOBSERVED).told(Told("resp_1", Ending.INTERRUPTED, marks, trace))

    run_virtual(main())


def test_a_turn_is_a_span_and_its_hops_are_parts_of_it(spans: Kept) -> None:
    trace = new_trace()
    _told(spans, MARKS, trace)
    turn, *parts = spans
    assert (turn.name, turn.context, turn.parent_id) == ("turn", trace, None)
    assert turn.attributes == {
        "session.id": "sess_1",
        "antiphon.response_id": "resp_1",
        "antiphon.outcome": "interrupted",
    }
    assert [part.name for part in parts] == ["hop.endpoint", "hop.first_audio", "hop.playout"]
    assert {part.context.trace_id for part in parts} == {trace.trace_id}
    assert {part.parent_id for part in parts} == {trace.span_id}
    assert len({span.context.span_id for span in spans}) == 4


def test_spans_last_as_long_as_what_they_are_of(spans: Kept) -> None:
    _told(spans, MARKS, new_trace())
    lasted = [(span.end_ns - span.begin_ns) / 1e9 for span in spans]
    # Each end is told in the wall's time by itself, and that goes on meanwhile.
    assert lasted == pytest.approx([1.0, 0.4, 0.1, 0.1], abs=0.05)
    turn, endpoint, *_ = spans
    assert endpoint.begin_ns / 1e9 == pytest.approx(turn.begin_ns / 1e9, abs=0.05)


def test_a_turn_that_was_not_heard_is_one_span(spans: Kept) -> None:
    _told(spans, {Mark.COMMITTED: 5.0}, new_trace())
    assert [span.name for span in spans] == ["turn"]


@pytest.mark.parametrize(("marks", "trace"), [(MARKS, None), ({}, new_trace())])
def test_without_a_trace_or_a_time_nothing_is_recorded(
    spans: Kept, marks: Mapping[Mark, float], trace: TraceContext | None
) -> None:
    _told(spans, marks, trace)
    assert spans == []


def test_each_turn_begins_a_trace_of_its_own(spans: Kept) -> None:
    traces = TurnTraces(spans, UNOBSERVED)
    assert traces.begun() != traces.begun()


def test_everything_is_told_on(spans: Kept) -> None:
    registry = CollectorRegistry()
    traces = TurnTraces(spans, Conversations(registry))
    traces.speculated(used=False)
    traces.interrupted(Interruption.DUCKED)
    traces.engine_failed(EngineFailure(Engine.ASR, FailureKind.STALLED))
    traces.retried(Engine.TTS)
    traces.apologised()
    told = {
        "antiphon_speculations_total": {"result": "wasted"},
        "antiphon_interruptions_total": {"kind": "ducked"},
        "antiphon_engine_failures_total": {"engine": "asr", "kind": "stalled"},
        "antiphon_engine_retries_total": {"engine": "tts"},
        "antiphon_apologies_total": {},
    }
    assert {
        name: value(registry, name, **labels) for name, labels in told.items()
    } == dict.fromkeys(told, 1)


def test_a_sessions_turns_are_a_trace_each(spans: Kept) -> None:
    registry = CollectorRegistry()

    async def story(world: World) -> None:
        await one_turn(world)
        await one_turn(world)

    tell(story, observer=TurnTraces(spans, Conversations(registry)))
    turns = [span for span in spans if span.name == "turn"]
    assert len({turn.context.trace_id for turn in turns}) == 2
    assert all(turn.attributes["session.id"] for turn in turns)
    for turn in turns:
        parts = {span.name for span in spans if span.parent_id == turn.context.span_id}
        assert {f"hop.{Hop.ENDPOINT}", f"hop.{Hop.PLAYOUT}"} <= parts
    assert value(registry, "antiphon_turns_total", outcome="completed") == 2
