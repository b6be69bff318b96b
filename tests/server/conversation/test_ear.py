"""The caller's audio on its way to the recogniser, and what was heard in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from antiphon.errors import AntiphonError, Unavailable
from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.ear import LAST_FINAL_S, Ear
from server.engines.stream import TAKE_S
from server.realtime import session_config
from server.settings import AgentSettings
from tests.server.fake_call import refusal
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import FRAME, first_of
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings())
GERMAN = replace(CONFIG, language="de")


class Room:
    """An ear over a fake recogniser, and what it heard."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.recognizer = FakeRecognizer()
        self.heard: list[pb.RecognizeResponse] = []
        self.lost: list[AntiphonError] = []
        self.takes_s = 0.0
        engines = services(self.recognizer, FakeGenerator([]), FakeSynthesizer())
        self.ear = Ear(engines, tasks, self._on_heard, self._on_lost)

    @property
    def kinds(self) -> list[str]:
        return [event.WhichOneof("event") or "" for event in self.heard]

    @property
    def finals(self) -> list[str]:
        return [event.final.text for event in self.heard if event.HasField("final")]

    async def _on_lost(self, problem: AntiphonError) -> None:
        self.lost.append(problem)

    async def _on_heard(self, event: pb.RecognizeResponse) -> None:
        await asyncio.sleep(self.takes_s)
        self.heard.append(event)


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
        assert not room.recognizer.opened.is_set()
        await room.ear.hear(FRAME, CONFIG)
        await room.ear.hear(FRAME, CONFIG)
        assert room.recognizer.streams == 1

    room = play(story)
    config, *audio = room.recognizer.call.requests
    assert config.config.language == "en"
    assert [request.audio for request in audio] == [FRAME, FRAME]


def test_all_that_the_recogniser_reports_is_heard_in_order_however_long_it_takes() -> None:
    async def story(room: Room) -> None:
        room.takes_s = 0.5
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("hello there")
        room.recognizer.resume()
        room.recognizer.final()
        await asyncio.sleep(3)

    assert play(story).kinds == ["speech_started", "partial", "pause", "speech_resumed", "final"]


def test_an_utterance_is_ended_on_request() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("done")
        await asyncio.sleep(1)
        assert not room.finals
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(0.1)

    assert play(story).finals == ["done"]


def test_ending_an_utterance_before_any_audio_opens_the_stream() -> None:
    async def story(room: Room) -> None:
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(0.1)

    room = play(story)
    assert room.recognizer.call.requests[0].HasField("config")
    assert room.finals == [""]


def test_audio_arrived_when_the_piece_that_holds_it_did() -> None:
    async def story(room: Room) -> None:
        for _ in range(100):
            await room.ear.hear(FRAME, CONFIG)
            await asyncio.sleep(0.02)
        # The piece that ends at 1500 ms came when 74 pieces before it had passed.
        assert room.ear.arrived_s(1500) == pytest.approx(1.48)
        assert room.ear.arrived_s(0) == 0

    play(story)


def test_the_recognisers_slowness_is_not_taken_for_a_late_caller() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        write, call = room.recognizer.call.write, room.recognizer.call

        async def slow_write(request: pb.RecognizeRequest) -> None:
            await asyncio.sleep(5)
            await write(request)

        call.write = slow_write  # type: ignore[method-assign]
        await room.ear.hear(FRAME, CONFIG)
        assert room.ear.arrived_s(40) == 0

    play(story)


def test_audio_beyond_what_was_fed_arrives_now() -> None:
    async def story(room: Room) -> None:
        assert room.ear.arrived_s(0) == 0
        await room.ear.hear(FRAME, CONFIG)
        await asyncio.sleep(7)
        assert room.ear.arrived_s(9999) == pytest.approx(7)

    play(story)


def test_close_hears_out_what_was_said() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        call = room.recognizer.call

        async def decode() -> None:
            await asyncio.sleep(LAST_FINAL_S - 1)
            room.recognizer.say("bye")
            room.recognizer.final()
            call.end()

        decoding = asyncio.create_task(decode())
        call.on_half_close = lambda: None
        await room.ear.close()
        await decoding

    assert play(story).finals == ["bye"]


def test_close_has_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    async def story(room: Room) -> None:
        await room.ear.close()
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.on_half_close = lambda: None
        await room.ear.close()
        assert asyncio.get_running_loop().time() == pytest.approx(LAST_FINAL_S)
        assert "no end of recognition" in caplog.text

    play(story)


def test_what_is_dropped_while_it_is_heard_out_is_over() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.on_half_close = room.ear.drop
        await room.ear.close()
        assert asyncio.get_running_loop().time() == 0

    play(story)


def test_drop_drops_the_stream_and_audio_that_follows_opens_another() -> None:
    async def story(room: Room) -> None:
        room.ear.drop()
        await room.ear.hear(FRAME, CONFIG)
        await asyncio.sleep(5)
        dropped = room.recognizer.call
        room.ear.drop()
        assert dropped.cancelled
        await room.ear.hear(bytes(1920), CONFIG)
        assert room.recognizer.streams == 2
        # Positions go on.
        assert room.ear.fed_ms == 60
        assert room.ear.arrived_s(60) == pytest.approx(5)
        room.recognizer.say("hello again")
        await room.ear.close()
        assert room.finals == ["hello again"]

    play(story)


def test_what_a_dropped_stream_still_reports_is_not_heard() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("never mind")
        room.ear.drop()
        await asyncio.sleep(1)

    assert play(story).heard == []


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


def test_a_stream_that_fails_is_told_before_it_ends_the_session() -> None:
    rooms: list[Room] = []

    async def story(room: Room) -> None:
        rooms.append(room)
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.fail(refusal(GONE))
        await asyncio.sleep(1)

    problem = _failed(story)
    assert rooms[0].lost == [problem]


def test_positions_go_on_from_stream_to_stream() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        await room.ear.clear()
        await room.ear.hear(FRAME * 2, CONFIG)
        assert room.ear.fed_ms == 60
        room.recognizer.say("hello", 10, 40)
        await room.ear.close()

    room = play(story)
    assert room.heard[0].speech_started.start_ms == 30
    assert (room.heard[-1].final.start_ms, room.heard[-1].final.end_ms) == (30, 60)


def test_what_was_heard_since_the_last_end_is_known() -> None:
    async def story(room: Room) -> None:
        assert room.ear.uncommitted_ms == 0
        await room.ear.hear(FRAME * 10, CONFIG)
        assert room.ear.uncommitted_ms == 200
        await room.ear.finish_utterance(CONFIG)
        assert room.ear.uncommitted_ms == 0
        await room.ear.hear(FRAME * 10, CONFIG)
        room.recognizer.say("hello", 210, 300)
        room.recognizer.final()
        await asyncio.sleep(0.1)
        assert room.ear.uncommitted_ms == 100
        await room.ear.clear()
        assert room.ear.uncommitted_ms == 0

    play(story)


def test_cleared_it_waits_for_what_was_committed() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.start()
        room.recognizer.pause("done")
        room.recognizer.call.on_write = lambda _: None
        await room.ear.finish_utterance(CONFIG)
        clearing = asyncio.create_task(room.ear.clear())
        await asyncio.sleep(1)
        assert not clearing.done()
        room.recognizer.final()
        await clearing
        assert room.finals == ["done"]
        assert room.recognizer.call.cancelled

    play(story)


def test_that_wait_has_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.on_write = lambda _: None
        await room.ear.finish_utterance(CONFIG)
        await room.ear.clear()
        assert asyncio.get_running_loop().time() == pytest.approx(LAST_FINAL_S)

    play(story)
    assert "no final" in caplog.text


def test_heard_otherwise_what_was_said_is_heard_out_on_the_stream_before() -> None:
    async def story(room: Room) -> None:
        await room.ear.listen_by(GERMAN)
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("hello")
        await room.ear.listen_by(CONFIG)
        assert not room.finals
        await room.ear.listen_by(GERMAN)
        assert room.finals == ["hello"]
        await room.ear.hear(FRAME, GERMAN)
        assert room.recognizer.streams == 2

    assert play(story).recognizer.call.requests[0].config.language == "de"
