"""What turns come to, counted: in sessions of their own, and as it is told."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from prometheus_client import CollectorRegistry

from server.conversation.hops import Hop
from server.conversation.observer import Interruption, Told
from server.conversation.outcome import Ending
from server.conversation.timeline import Mark
from server.engines.failure import Engine, EngineFailure, FailureKind
from server.observability.conversations import Conversations
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator, FakeSynthesizer
from tests.server.observability.scraped import labels, value
from tests.server.world import WORDS, World, one_turn, tell

MARKS: dict[Mark, float] = {
    Mark.SPEECH_ENDED: 5.0,
    Mark.COMMITTED: 5.4,
    Mark.FIRST_AUDIO: 5.5,
    Mark.AUDIBLE: 5.6,
}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def counting(registry: CollectorRegistry) -> Conversations:
    return Conversations(registry)


def _sum(registry: CollectorRegistry) -> float:
    return sum(value(registry, "antiphon_hop_seconds_sum", hop=hop) for hop in Hop)


def test_every_series_is_there_before_anything_happens(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    assert labels(registry) == {
        "outcome": set(Ending),
        "hop": set(Hop),
        "result": {"used", "wasted"},
        "kind": {*Interruption, *FailureKind},
        "engine": set(Engine),
    }
    assert value(registry, "antiphon_apologies_total") == 0


def test_a_turn_is_counted_with_its_hops(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    counting.told(Told("resp_1", Ending.COMPLETED, MARKS))
    counting.told(Told("resp_2", Ending.INTERRUPTED, MARKS))
    assert value(registry, "antiphon_turns_total", outcome="completed") == 1
    assert value(registry, "antiphon_turns_total", outcome="interrupted") == 1
    assert value(registry, "antiphon_voice_to_voice_seconds_sum") == pytest.approx(1.2)
    assert value(registry, "antiphon_hop_seconds_sum", hop="endpoint") == pytest.approx(0.8)
    assert _sum(registry) == pytest.approx(1.2)
    for hop in Hop:
        assert value(registry, "antiphon_hop_seconds_count", hop=hop) == 2


def test_what_answers_no_speech_is_a_turn_without_a_wait(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    counting.told(Told("resp_1", Ending.COMPLETED, {Mark.AUDIBLE: 3.0}))
    assert value(registry, "antiphon_turns_total", outcome="completed") == 1
    assert value(registry, "antiphon_voice_to_voice_seconds_count") == 0
    assert value(registry, "antiphon_hop_seconds_count", hop="playout") == 0


def test_failures_and_what_was_done_about_them_are_counted(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    counting.engine_failed(EngineFailure(Engine.TTS, FailureKind.STALLED))
    counting.retried(Engine.TTS)
    counting.apologised()
    assert value(registry, "antiphon_engine_failures_total", engine="tts", kind="stalled") == 1
    assert value(registry, "antiphon_engine_retries_total", engine="tts") == 1
    assert value(registry, "antiphon_apologies_total") == 1


def test_a_session_tells_of_its_turns(registry: CollectorRegistry, counting: Conversations) -> None:
    async def story(world: World) -> None:
        await one_turn(world)
        await one_turn(world)

    tell(story, observer=counting)
    assert value(registry, "antiphon_turns_total", outcome="completed") == 2
    assert value(registry, "antiphon_speculations_total", result="used") == 2
    assert value(registry, "antiphon_voice_to_voice_seconds_count") == 2
    waited = value(registry, "antiphon_voice_to_voice_seconds_sum")
    assert 0.2 < waited < 4
    assert _sum(registry) == pytest.approx(waited)


def test_speech_over_a_reply_is_counted_by_what_it_did(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    async def story(world: World) -> None:
        await world.speak("how are you")
        await world.until("output_audio_buffer.started")
        await asyncio.sleep(0.1)
        world.recognizer.start(2000)  # a cough
        await asyncio.sleep(0.05)
        world.recognizer.pause("", 2050)
        await asyncio.sleep(2)
        await world.until("output_audio_buffer.stopped")
        await world.speak("and you")
        await world.until("output_audio_buffer.started")
        await asyncio.sleep(0.1)
        world.recognizer.say("stop it right now please", 9000, 11000)
        await world.until("output_audio_buffer.cleared")

    tell(story, generator=FakeGenerator(WORDS * 4), observer=counting)
    counts = {
        kind: value(registry, "antiphon_interruptions_total", kind=kind) for kind in Interruption
    }
    assert counts == {"ducked": 2, "resumed": 1, "stopped": 1}
    assert value(registry, "antiphon_turns_total", outcome="interrupted") == 1


def test_a_caller_who_goes_on_wastes_what_was_begun_on_trust(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    async def story(world: World) -> None:
        world.send(bytes(960))
        await world.recognizer.opened.wait()
        world.recognizer.start()
        world.recognizer.pause("how are", 500, probability=0.1)
        await asyncio.sleep(0.05)
        world.recognizer.resume()
        await asyncio.sleep(0.5)
        world.recognizer.pause("how are you", 1500)
        await world.until("output_audio_buffer.stopped")

    tell(story, observer=counting)
    assert value(registry, "antiphon_speculations_total", result="wasted") == 1
    assert value(registry, "antiphon_speculations_total", result="used") == 1


@pytest.mark.parametrize(
    ("generator", "voice", "engine", "kind"),
    [
        (FakeGenerator(WORDS, fail_after=0), FakeSynthesizer(), "llm", "unavailable"),
        (FakeGenerator(WORDS, first_ms=1e6), FakeSynthesizer(), "llm", "stalled"),
        (
            FakeGenerator(WORDS),
            FakeSynthesizer(error=rpc_error(grpc.StatusCode.RESOURCE_EXHAUSTED)),
            "tts",
            "refused",
        ),
    ],
)
def test_an_engine_that_fails_a_turn_is_counted(
    registry: CollectorRegistry,
    counting: Conversations,
    generator: FakeGenerator,
    voice: FakeSynthesizer,
    engine: str,
    kind: str,
) -> None:
    async def story(world: World) -> None:
        await world.speak("how are you")
        await world.until("response.done")

    tell(story, generator=generator, voice=voice, observer=counting)
    # It never is well again: each try fails, and each is counted.
    failures = value(registry, "antiphon_engine_failures_total", engine=engine, kind=kind)
    retries = value(registry, "antiphon_engine_retries_total", engine=engine)
    assert failures > retries >= 1
    assert value(registry, "antiphon_turns_total", outcome="failed") >= 1


def test_a_recogniser_that_is_lost_is_counted_once(
    registry: CollectorRegistry, counting: Conversations
) -> None:
    async def story(world: World) -> None:
        world.send(bytes(960))
        await world.recognizer.opened.wait()
        world.recognizer.start()
        await asyncio.sleep(1)
        world.recognizer.call.fail(rpc_error(grpc.StatusCode.INTERNAL))
        await asyncio.sleep(1)

    tell(story, observer=counting)
    assert value(registry, "antiphon_engine_failures_total", engine="asr", kind="failed") == 1
