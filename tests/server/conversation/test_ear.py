"""The caller's audio on its way to the recogniser, and what was heard in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from antiphon.errors import AntiphonError, Unavailable
from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.ear import LAST_FINAL_S, Ear
from server.conversation.outbox import Outbox
from server.conversation.timeline import Timeline
from server.engines.stream import TAKE_S
from server.realtime import session_config
from server.settings import AgentSettings
from tests.server.fake_call import refusal
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import FRAME, first_of
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings())


class Room:
    """An ear over a fake recogniser, and what it heard."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.recognizer = FakeRecognizer()
        self.outbox = Outbox()
        self.heard: list[tuple[str, dict[str, float]]] = []
        engines = services(self.recognizer, FakeGenerator([]), FakeSynthesizer())
        self.ear = Ear(engines, self.outbox, tasks, self._on_final)

    async def _on_final(self, text: str, timeline: Timeline) -> None:
        self.heard.append((text, timeline.as_ms()))


def play(story: Callable[[Room], Awaitable[None]]) -> Room:
    """Return the room after `story`."""

    async def main() -> Room:
        async with asyncio.TaskGroup() as tasks:
            room = Room(tasks)
            await story(room)
            await room.ear.close()
        return room

    return run_virtual(main())


def test_the_stream_opens_with_the_first_audio_in_the_sessions_own_way() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(b"", CONFIG)
        assert not room.ear.in_use
        await room.ear.hear(FRAME, CONFIG)
        await room.ear.hear(FRAME, CONFIG)
        assert room.ear.in_use

    room = play(story)
    config, *audio = room.recognizer.call.requests
    assert config.config.silence.silence_ms == 500
    assert [request.audio for request in audio] == [FRAME, FRAME]


def test_a_client_that_ends_its_own_utterances_is_answered_by_their_finals() -> None:
    async def story(room: Room) -> None:
        await room.ear.finish_utterance(replace(CONFIG, silence_ms=None))
        room.recognizer.say("done")
        await asyncio.sleep(1)

    room = play(story)
    assert room.recognizer.call.requests[0].config.HasField("external")
    assert room.recognizer.call.requests[1].HasField("finish")
    assert [text for text, _ in room.heard] == ["done"]


def test_a_final_says_when_the_speech_before_it_had_arrived() -> None:
    async def story(room: Room) -> None:
        for _ in range(100):
            await room.ear.hear(FRAME, CONFIG)
            await asyncio.sleep(0.02)
        room.recognizer.say("hello", 0, end_ms=1500)
        await asyncio.sleep(0.1)

    # The piece that ends at 1500 ms came when 74 pieces before it had passed, 1480 ms in.
    assert play(story).heard == [("hello", {"final": pytest.approx(520), "speech_ended": 0.0})]


def test_the_recognisers_slowness_is_not_taken_for_a_late_caller() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        write, call = room.recognizer.call.write, room.recognizer.call

        async def slow_write(request: pb.RecognizeRequest) -> None:
            await asyncio.sleep(5)
            await write(request)

        call.write = slow_write  # type: ignore[method-assign]
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("hello", 0, end_ms=40)
        await asyncio.sleep(0.1)

    assert play(story).heard == [("hello", {"final": 5000.0, "speech_ended": 0.0})]


def test_a_final_beyond_what_was_fed_has_no_arrival() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("hello", 0, end_ms=9999)
        await asyncio.sleep(0.1)

    assert play(story).heard == [("hello", {"final": 0.0})]


def test_close_hears_out_what_was_said() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        call = room.recognizer.call

        async def decode() -> None:
            await asyncio.sleep(LAST_FINAL_S - 1)
            room.recognizer.say("bye")
            call.end()

        decoding = asyncio.create_task(decode())
        call.on_half_close = lambda: None
        await room.ear.close()
        await decoding

    assert [text for text, _ in play(story).heard] == ["bye"]


def test_close_has_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    async def story(room: Room) -> None:
        await room.ear.close()
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.on_half_close = lambda: None
        await room.ear.close()
        assert asyncio.get_running_loop().time() == pytest.approx(LAST_FINAL_S)
        assert "no end of recognition" in caplog.text

    play(story)


def test_drop_drops_the_stream() -> None:
    async def story(room: Room) -> None:
        room.ear.drop()
        await room.ear.hear(FRAME, CONFIG)
        room.ear.drop()
        assert room.recognizer.call.cancelled

    play(story)


def _failed(story: Callable[[Room], Awaitable[None]]) -> AntiphonError:
    with pytest.raises(ExceptionGroup) as failed:
        play(story)
    problem = first_of(failed.value)
    assert isinstance(problem, AntiphonError)
    return problem


GONE = Unavailable("the model was unloaded")


def test_what_ends_the_stream_is_told_though_the_caller_is_silent() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.fail(refusal(GONE))
        await asyncio.sleep(60)

    assert _failed(story).message == GONE.message


def test_what_ended_the_stream_is_told_to_whoever_sends() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.fail(refusal(GONE))
        await room.ear.hear(FRAME, CONFIG)

    assert _failed(story).message == GONE.message


def test_a_refused_configuration_is_told_in_the_services_words() -> None:
    async def story(room: Room) -> None:
        room.recognizer.call.fail(refusal(GONE))
        await room.ear.hear(FRAME, CONFIG)

    assert _failed(story).message == GONE.message


def test_a_service_that_takes_nothing_is_given_up() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.takes_nothing = True
        await room.ear.hear(FRAME, CONFIG)

    assert f"{TAKE_S:.0f} s" in _failed(story).message
