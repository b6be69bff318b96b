"""Who is told of what, with metrics, with traces, with both and with neither."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from antiphon.observability.loop_lag import TICK_S
from antiphon.observability.spans import Span
from server.conversation.observer import UNOBSERVED, Told
from server.conversation.outcome import Ending
from server.conversation.timeline import Mark
from server.door import UNWATCHED
from server.engines.failure import Engine
from server.engines.pulse import Pulse
from server.engines.services import Pulses
from server.observability.gateway import Process, Watch
from server.sessions import hosting
from server.webrtc.tally import Tally
from tests.server.http.house import Echoes
from tests.server.observability.scraped import value
from tests.virtual_time import run_virtual


class Kept(list[Span]):
    """`Spans` that keeps all."""

    def record(self, span: Span) -> None:
        self.append(span)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_by_default_nobody_is_told_of_anything() -> None:
    async def main() -> None:
        async with hosting(Echoes().make, 1) as sessions:
            Watch().begin(sessions, Pulses())
            assert sessions.lag.note is None

    run_virtual(main())
    assert Watch.over(None) == Watch() == Watch(UNOBSERVED, UNWATCHED, None, None)


def test_traces_need_no_metrics() -> None:
    spans = Kept()
    watch = Watch.over(None, spans)
    assert (watch.door, watch.note, watch.process) == (UNWATCHED, None, None)
    assert watch.observer.begun() is not None


def test_metrics_need_no_traces(registry: CollectorRegistry) -> None:
    assert Watch.over(registry).observer.begun() is None


def test_a_turn_is_counted_and_traced(registry: CollectorRegistry) -> None:
    spans = Kept()

    async def main() -> None:
        observer = Watch.over(registry, spans).observer
        marks = {Mark.SPEECH_ENDED: 0.0, Mark.AUDIBLE: 1.0}
        observer.told(Told("resp_1", Ending.COMPLETED, marks, observer.begun()))

    run_virtual(main())
    assert value(registry, "antiphon_turns_total", outcome="completed") == 1
    assert [span.name for span in spans] == ["turn", "hop.playout"]


def test_calls_are_counted(registry: CollectorRegistry) -> None:
    note = Watch.over(registry).note
    assert note is not None
    note(Tally(received=3))
    assert value(registry, "antiphon_audio_packets_total", fate="received") == 3


def test_sessions_and_their_loop_are_told_of(registry: CollectorRegistry) -> None:
    async def main() -> None:
        watch = Watch.over(registry)
        async with hosting(Echoes().make, 7, watch.door) as sessions:
            watch.begin(sessions, Pulses())
            watching = asyncio.create_task(sessions.lag.watch())
            await asyncio.sleep(10.5 * TICK_S)
            watching.cancel()

    run_virtual(main())
    assert value(registry, "antiphon_sessions_max") == 7
    assert value(registry, "antiphon_event_loop_lag_seconds_count") == 10


def test_how_late_the_loop_is_and_which_engines_serve(registry: CollectorRegistry) -> None:
    process = Process(registry)
    process.late(0.25)
    assert value(registry, "antiphon_event_loop_lag_seconds_sum") == pytest.approx(0.25)
    process.watch(Pulses(asr=Pulse("asr", ready=False), tts=Pulse("tts", ready=False)))
    ready = {each: value(registry, "antiphon_engine_ready", engine=each) for each in Engine}
    assert ready == {Engine.ASR: 0, Engine.LLM: 1, Engine.TTS: 0}
