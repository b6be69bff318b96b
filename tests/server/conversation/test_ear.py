"""The caller's audio on its way to the recogniser, and what was heard in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from antiphon.errors import AntiphonError, Exhausted, InvalidInput, Unavailable
from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.ear import (
    AWAY_S,
    LAST_FINAL_S,
    LONGEST_AWAY_S,
    MOST_FAILURES,
    PIECE_MS,
    TELL_AGAIN_MS,
    Ear,
)
from server.conversation.tape import LONGEST_MS
from server.engines.failure import Engine
from server.engines.stream import TAKE_S
from server.realtime import session_config
from server.settings import AgentSettings
from tests.server.fake_call import refusal
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.recording import Recording
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
        self.fails_with: AntiphonError | None = None
        engines = services(self.recognizer, FakeGenerator([]), FakeSynthesizer())
        self.unheard_s: list[float] = []
        self.engines = engines
        self.record = Recording()
        self.ear = Ear(engines, tasks, self._on_heard, self._on_lost, self._on_unheard, self.record)

    @property
    def kinds(self) -> list[str]:
        return [event.WhichOneof("event") or "" for event in self.heard]

    @property
    def finals(self) -> list[str]:
        return [event.final.text for event in self.heard if event.HasField("final")]

    async def _on_unheard(self) -> None:
        self.unheard_s.append(asyncio.get_running_loop().time())

    async def _on_lost(self, problem: AntiphonError) -> None:
        self.lost.append(problem)

    async def _on_heard(self, event: pb.RecognizeResponse) -> None:
        await asyncio.sleep(self.takes_s)
        if self.fails_with is not None:
            raise self.fails_with
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


GONE = Unavailable("the model was unloaded")
REFUSED = InvalidInput("no such language")


@pytest.mark.parametrize("problem", [REFUSED, Exhausted("all streams are taken")])
def test_what_the_recogniser_refuses_ends_the_session(problem: AntiphonError) -> None:
    async def story(room: Room) -> None:
        room.recognizer.call.fail(refusal(problem))
        await room.ear.hear(FRAME, CONFIG)
        await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup) as failed:
        play(story)
    found = first_of(failed.value)
    assert isinstance(found, type(problem))
    assert str(found) == str(problem)


def test_what_fails_where_it_is_heard_is_no_failure_of_the_recogniser() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.fails_with = GONE
        room.recognizer.start()
        await asyncio.sleep(1)

    with pytest.raises(ExceptionGroup) as failed:
        play(story)
    assert first_of(failed.value) is GONE


def test_another_stream_hears_again_what_had_no_final() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("one", 0, 20)
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(1)
        await room.ear.hear(b"\1" * 960, CONFIG)
        room.recognizer.start(20)
        await asyncio.sleep(0.1)
        room.recognizer.call.fail(refusal(GONE))
        await asyncio.sleep(1)
        assert room.recognizer.streams == 2
        assert room.recognizer.audio == b"\1" * 960
        assert room.ear.hears_again
        room.recognizer.say("two", 0, 20)
        await asyncio.sleep(0.1)
        assert not room.ear.hears_again
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(0.1)

    room = play(story)
    assert room.finals == ["one", "two"]
    # Positions are the session's, whichever stream tells them.
    assert room.heard[-1].final.end_ms == 40
    assert (room.lost, room.unheard_s, room.record.retries) == ([], [], [Engine.ASR])


def test_a_final_that_was_asked_for_is_asked_for_again() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.start()
        room.recognizer.call.on_write = lambda _: None
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(0.1)
        room.recognizer.call.fail(refusal(GONE))
        await room.ear.hear(b"\1" * 960, CONFIG)
        await asyncio.sleep(1)

    room = play(story)
    kinds = [request.WhichOneof("request") for request in room.recognizer.call.requests]
    assert kinds == ["config", "audio", "finish", "audio"]
    assert room.finals == [""]


def test_while_it_is_away_the_caller_is_told_once_they_have_fallen_silent() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.start()
        await asyncio.sleep(0.1)
        with _away(room):
            for _ in range(50):
                await room.ear.hear(LOUD, CONFIG)
                await asyncio.sleep(0.02)
            assert not room.unheard_s
            for _ in range(50):
                await room.ear.hear(FRAME, CONFIG)
                await asyncio.sleep(0.02)
        assert room.unheard_s == [pytest.approx(1.5, abs=0.05)]

    play(story)


def test_in_a_noisy_place_they_are_told_though_they_do_not_seem_silent() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(LOUD, CONFIG)
        room.recognizer.start()
        await asyncio.sleep(0.1)
        with _away(room):
            for _ in range(200):
                await room.ear.hear(LOUD, CONFIG)
                await asyncio.sleep(0.02)
        assert room.unheard_s == [pytest.approx(LONGEST_AWAY_S + 0.1, abs=0.05)]

    play(story)


def test_who_says_nothing_while_it_is_away_is_told_nothing() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        with _away(room):
            for _ in range(300):
                await room.ear.hear(FRAME, CONFIG)
                await asyncio.sleep(0.02)

    assert play(story).unheard_s == []


def test_who_has_ended_their_utterance_is_told_at_once() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.on_write = lambda _: None
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(0.1)
        with _away(room):
            await asyncio.sleep(5)
        assert room.unheard_s == [pytest.approx(0.1 + AWAY_S, abs=0.01)]

    play(story)


def test_a_final_that_is_late_is_told_and_then_asked_for_elsewhere() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.call.on_write = lambda _: None
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(LAST_FINAL_S + 2)
        assert room.unheard_s == [pytest.approx(4.0)]
        assert room.finals == [""]
        assert room.recognizer.streams == 2

    play(story)


def test_the_next_final_that_is_late_is_told_as_soon() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        answers = room.recognizer.call.on_write
        room.recognizer.call.on_write = lambda _: None
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(5)
        room.recognizer.final("hello")
        await asyncio.sleep(1)
        await room.ear.finish_utterance(CONFIG)
        await asyncio.sleep(5)
        room.recognizer.final("and now")
        room.recognizer.call.on_write = answers
        await asyncio.sleep(1)
        assert room.unheard_s == [pytest.approx(4.0), pytest.approx(10.0)]

    play(story)


def test_who_speaks_again_while_it_is_away_is_told_again_but_not_soon() -> None:
    async def story(room: Room) -> None:
        async def speak() -> None:
            for frame in (LOUD, FRAME):
                for _ in range(50):
                    await room.ear.hear(frame, CONFIG)
                    await asyncio.sleep(0.02)

        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.start()
        await asyncio.sleep(0.1)
        with _away(room):
            for _ in range(8):
                await speak()
        assert len(room.unheard_s) == 2
        assert room.unheard_s[1] - room.unheard_s[0] >= TELL_AGAIN_MS / 1000

    play(story)


def test_a_recogniser_that_is_lost_for_good_holds_up_nobody() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        for _ in range(MOST_FAILURES - 1):
            room.recognizer.start()
            await asyncio.sleep(0.1)
            room.recognizer.call.fail(refusal(GONE))
            await asyncio.sleep(1)
        room.recognizer.start()
        await asyncio.sleep(0.1)
        with _away(room):
            async with asyncio.timeout(9):
                for _ in range(400):
                    await room.ear.hear(FRAME, CONFIG)
                    await asyncio.sleep(0.02)
        assert [problem.message for problem in room.lost] == [GONE.message]
        assert len(room.unheard_s) == 1

    play(story)


def test_a_service_that_takes_nothing_is_given_up_for_another_stream() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        await asyncio.sleep(0.1)
        room.recognizer.call.takes_nothing = True
        await room.ear.hear(b"\1" * 960, CONFIG)
        await asyncio.sleep(TAKE_S + 1)
        assert room.recognizer.audio.endswith(b"\1" * 960)
        assert room.recognizer.streams == 2

    play(story)


def test_what_the_recogniser_fails_over_each_time_is_given_up() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        for number in range(1, MOST_FAILURES + 1):
            assert room.recognizer.streams == number
            room.recognizer.start()
            await asyncio.sleep(0.1)
            room.recognizer.call.fail(refusal(GONE))
            await asyncio.sleep(1)
        assert [problem.message for problem in room.lost] == [GONE.message]
        assert room.recognizer.audio == b""
        await room.ear.hear(b"\1" * 960, CONFIG)
        await asyncio.sleep(0.1)
        assert room.recognizer.audio == b"\1" * 960

    play(story)


def test_a_client_that_is_ahead_waits() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        await asyncio.sleep(0.1)
        room.recognizer.call.takes_nothing = True
        sending = asyncio.create_task(room.ear.hear(bytes(48 * 2100), CONFIG))
        await asyncio.sleep(1)
        assert not sending.done()
        await asyncio.sleep(TAKE_S)
        assert sending.done()

    play(story)


def test_what_comes_at_once_is_heard_in_pieces_that_the_recogniser_takes() -> None:
    audio = np.arange(1_250_001, dtype="<i2").tobytes()  # 26 s and a sample

    async def story(room: Room) -> None:
        await room.ear.hear(audio, CONFIG)
        assert room.ear.fed_ms == pytest.approx(1_250_001 / 24)

    room = play(story)
    _, *requests = room.recognizer.call.requests
    assert room.recognizer.audio == audio
    assert {len(request.audio) for request in requests[:-1]} == {48 * PIECE_MS}


def test_all_of_it_arrived_when_it_came_however_long_the_recogniser_takes() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        write, call = room.recognizer.call.write, room.recognizer.call

        async def slow_write(request: pb.RecognizeRequest) -> None:
            await asyncio.sleep(1)
            await write(request)

        call.write = slow_write  # type: ignore[method-assign]
        await room.ear.hear(FRAME * 300, CONFIG)
        assert asyncio.get_running_loop().time() > 10
        assert room.ear.arrived_s(6020) == 0

    play(story)


def test_while_it_is_away_what_comes_at_once_is_bounded_and_others_have_their_turns() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        await asyncio.sleep(0.1)
        with _away(room):
            await asyncio.sleep(1)
            turns = 0

            async def others() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            beside = asyncio.create_task(others())
            await room.ear.hear(bytes(48 * 120_000), CONFIG)
            beside.cancel()
            assert turns + 1 >= 120_000 / PIECE_MS
        room.engines.pulses.asr._turn(serves=True)
        await asyncio.sleep(1)
        assert len(room.recognizer.audio) == 48 * LONGEST_MS

    play(story)


def test_one_who_hangs_up_while_it_is_away_is_not_waited_for_for_ever() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        with _away(room):
            await asyncio.sleep(1)
            await room.ear.close()
            assert asyncio.get_running_loop().time() == pytest.approx(1 + LAST_FINAL_S)

    play(story)


LOUD = np.full(480, 8000, "<i2").tobytes()


@contextmanager
def _away(room: Room) -> Iterator[None]:
    """Let the recogniser be dead for the length of the block."""

    async def check() -> bool:
        return False

    watching = asyncio.create_task(room.engines.pulses.asr.watch(check))
    room.recognizer.call.fail(refusal(GONE))
    room.engines.pulses.asr._turn(serves=False)  # as it is once it has been asked
    try:
        yield
    finally:
        watching.cancel()


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


def test_heard_otherwise_what_is_never_heard_is_said_so() -> None:
    async def story(room: Room) -> None:
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.start()
        await asyncio.sleep(0.1)
        room.recognizer.call.on_half_close = lambda: None
        assert await room.ear.listen_by(GERMAN)

    play(story)


def test_heard_otherwise_what_was_said_is_heard_out_on_the_stream_before() -> None:
    async def story(room: Room) -> None:
        assert not await room.ear.listen_by(GERMAN)
        await room.ear.hear(FRAME, CONFIG)
        room.recognizer.say("hello")
        await room.ear.listen_by(CONFIG)
        assert not room.finals
        assert not await room.ear.listen_by(GERMAN)
        assert room.finals == ["hello"]
        await room.ear.hear(FRAME, GERMAN)
        assert room.recognizer.streams == 2

    assert play(story).recognizer.call.requests[0].config.language == "de"
