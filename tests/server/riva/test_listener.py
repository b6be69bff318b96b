from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import grpc
import pytest

from antiphon.caller import by
from antiphon.errors import InvalidInput, Unavailable
from antiphon.timing import Timing
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.engines.recognizer import FILE_PATIENCE_S, FILE_TAKE_S
from server.riva.listener import Listener
from server.riva.protos import audio
from server.riva.recognition_config import Asked, Declared
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeRecognizer
from tests.virtual_time import run_virtual

ASKED = Asked(Declared(audio.LINEAR_PCM, 16_000), language="en")
SECOND = bytes(32_000)
PEER = "ipv4:127.0.0.1:50000"


class Recognizer(FakeRecognizer):
    """Can do what its `capabilities` say, unless asking fails."""

    def __init__(self, *capabilities: str, error: grpc.aio.AioRpcError | None = None) -> None:
        super().__init__()
        self._info = common_pb2.ServiceInfo(capabilities=capabilities)
        self._error = error
        self.call.trailers = grpc.aio.Metadata(*Timing(1, 2, 3).trailers())

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, **_: float
    ) -> common_pb2.ServiceInfo:
        if self._error is not None:
            raise self._error
        return self._info


class Caller:
    """Sends pieces when the story says so; `told` is what it was told."""

    def __init__(self, fake: Recognizer, asked: Asked) -> None:
        self.fake = fake
        self.listener = Listener(cast(Any, fake), asked, PEER)
        self.told: list[str | None] = []
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

    def send(self, chunk: bytes | None) -> None:
        self._chunks.put_nowait(chunk)

    async def listen(self) -> Timing | None:
        return await self.listener.listen(self._stream(), self._tell)

    async def _stream(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def _tell(self, event: pb.RecognizeResponse) -> None:
        self.told.append(event.WhichOneof("event"))


def play(
    story: Callable[[Caller], Awaitable[None]],
    fake: Recognizer | None = None,
    asked: Asked = ASKED,
) -> Caller:
    async def main() -> Caller:
        caller = Caller(fake or Recognizer(), asked)
        await story(caller)
        return caller

    return run_virtual(main())


async def _a_second(caller: Caller) -> None:
    caller.send(SECOND)
    caller.send(None)
    assert await caller.listen() == Timing(1, 2, 3)


def test_the_sound_goes_to_the_recogniser_and_its_timing_comes_back() -> None:
    caller = play(_a_second)
    config, *rest = caller.fake.call.requests
    assert config.config == pb.RecognizeConfig(
        audio=common_pb2.AudioFormat(
            encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
        ),
        language="en",
    )
    assert b"".join(request.audio for request in rest) == SECOND
    assert caller.fake.call.half_closed.is_set()
    assert caller.listener.fed_s == 1
    assert caller.fake.metadata == by(PEER)


def test_without_sound_the_recogniser_is_not_asked() -> None:
    async def story(caller: Caller) -> None:
        caller.send(None)
        assert await caller.listen() is None

    assert play(story).fake.streams == 0


def test_what_is_heard_is_told_as_it_is_heard_until_the_caller_ends() -> None:
    async def story(caller: Caller) -> None:
        listening = asyncio.create_task(caller.listen())
        caller.send(SECOND)
        await caller.fake.opened.wait()
        for _ in range(2):
            caller.fake.say("hello there")
            await asyncio.sleep(1)
            await caller.listener.end_utterance()
            await asyncio.sleep(1)
        assert caller.told == 2 * ["speech_started", "partial", "pause", "final"]
        caller.send(None)
        await listening

    play(story)


def test_an_utterance_that_has_not_begun_is_not_ended() -> None:
    async def story(caller: Caller) -> None:
        await caller.listener.end_utterance()

    assert play(story).fake.streams == 0


@pytest.mark.parametrize(
    ("capabilities", "phrases", "others"), [((), 0, 0), (("phrases", "alternatives"), 1, 2)]
)
def test_what_the_recogniser_cannot_do_is_not_asked_of_it(
    capabilities: tuple[str, ...], phrases: int, others: int
) -> None:
    asked = replace(ASKED, phrases=(pb.Phrase(text="Antiphon"),), others=2)
    caller = play(_a_second, Recognizer(*capabilities), asked)
    config = caller.fake.call.requests[0].config
    assert (len(config.phrases), config.max_alternatives) == (phrases, others)


def test_a_recogniser_that_cannot_say_what_it_can_do_is_not_available() -> None:
    with pytest.raises(Unavailable, match="speech recognition"):
        play(_a_second, Recognizer(error=rpc_error()), replace(ASKED, others=1))


def test_sound_that_is_none_is_refused_and_the_recogniser_not_asked() -> None:
    fake = Recognizer()
    with pytest.raises(InvalidInput, match="sample rate 0 Hz"):
        play(_a_second, fake, replace(ASKED, declared=Declared(audio.LINEAR_PCM)))
    assert fake.streams == 0


def _unwrapped(group: pytest.ExceptionInfo[BaseExceptionGroup[BaseException]]) -> BaseException:
    error: BaseException = group.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def test_a_failure_of_the_recogniser_ends_it() -> None:
    async def story(caller: Caller) -> None:
        caller.send(SECOND)
        caller.fake.call.fail(rpc_error())
        await caller.listen()

    with pytest.raises(BaseExceptionGroup) as failed:
        play(story)
    assert isinstance(_unwrapped(failed), Unavailable)


def test_a_recogniser_that_ends_too_soon_has_failed() -> None:
    async def story(caller: Caller) -> None:
        caller.send(SECOND)
        asyncio.get_running_loop().call_later(1, caller.fake.call.end)
        await caller.listen()

    with pytest.raises(BaseExceptionGroup) as failed:
        play(story)
    assert "ended the stream" in str(_unwrapped(failed))


def test_a_busy_recogniser_is_waited_for_longer_than_a_live_caller_would() -> None:
    async def story(caller: Caller) -> None:
        caller.fake.call.takes_nothing = True
        caller.send(SECOND)
        with pytest.raises(BaseExceptionGroup):
            await caller.listen()
        assert asyncio.get_running_loop().time() == pytest.approx(FILE_TAKE_S)

    play(story)


def test_a_recogniser_that_never_ends_is_given_up_some_time_after_the_last_sound() -> None:
    async def story(caller: Caller) -> None:
        call = caller.fake.call
        call.on_half_close = lambda: None
        listening = asyncio.create_task(caller.listen())
        caller.send(SECOND)
        await asyncio.sleep(2 * FILE_PATIENCE_S)  # of a live caller's silence
        caller.send(None)
        with pytest.raises(Unavailable, match="not ended 600 s after"):
            await listening
        assert asyncio.get_running_loop().time() == pytest.approx(3 * FILE_PATIENCE_S)
        assert call.cancelled

    play(story)


def test_a_caller_that_goes_away_lets_the_recogniser_go() -> None:
    async def story(caller: Caller) -> None:
        caller.send(SECOND)
        listening = asyncio.create_task(caller.listen())
        await caller.fake.opened.wait()
        await asyncio.sleep(1)
        listening.cancel()
        await asyncio.wait({listening})
        assert listening.cancelled()
        assert caller.fake.call.cancelled

    play(story)
