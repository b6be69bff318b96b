"""Engine services in the test's own process and time: what the gateway's clients call, without gRPC."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import grpc
import numpy as np

from antiphon.caller import Metadata
from antiphon.errors import InvalidInput
from antiphon.guest import is_guest
from antiphon.timing import Timing
from antiphon.v1 import common_pb2, generator_pb2, recognizer_pb2, synthesizer_pb2
from server.engines.services import Services
from tests.server.fake_call import FakeCall, refusal, rpc_error

WORD_MS = 300


class FakeRecognizer:
    """Holds the streams of a session, one after another; the test says what was heard in the last."""

    def __init__(self) -> None:
        self._open: recognizer_pb2.Final | None = None
        self.opened = asyncio.Event()
        self.call = self._new_call()
        self.metadata: Metadata = ()
        self.streams = 0

    def _new_call(self) -> FakeCall:
        call = FakeCall()
        call.on_half_close = self._end
        call.on_write = self._take
        call.on_cancel = self.opened.clear
        return call

    def Recognize(self, metadata: Metadata = ()) -> FakeCall:  # the contract's name
        self.metadata = metadata
        if self.streams:
            self.call = self._new_call()
        self.streams += 1
        self.opened.set()
        return self.call

    @property
    def audio(self) -> bytes:
        return b"".join(request.audio for request in self.call.requests)

    def say(self, text: str, start_ms: float = 0, end_ms: float = 1000) -> None:
        """Report an utterance from its start to its pause; the final follows when it is asked for."""
        self.start(start_ms)
        self.partial(text[: len(text) // 2])
        self.pause(text, end_ms)

    def start(self, start_ms: float = 0) -> None:
        """Report that the caller speaks."""
        self._open = recognizer_pb2.Final(start_ms=start_ms)
        started = recognizer_pb2.SpeechStarted(start_ms=start_ms)
        self.call.send(recognizer_pb2.RecognizeResponse(speech_started=started))

    def partial(self, text: str) -> None:
        """Report a hypothesis."""
        partial = recognizer_pb2.Partial(text=text)
        self.call.send(recognizer_pb2.RecognizeResponse(partial=partial))

    def hush(self, text: str = "", end_ms: float = 1000) -> None:
        """Report that the voice is gone, and what was said where that is known."""
        hushed = recognizer_pb2.SpeechHushed(text=text, end_ms=end_ms)
        self.call.send(recognizer_pb2.RecognizeResponse(speech_hushed=hushed))

    def pause(self, text: str, end_ms: float = 1000, probability: float | None = None) -> None:
        """Report a pause."""
        assert self._open is not None
        self._open.text, self._open.end_ms = text, end_ms
        pause = recognizer_pb2.Pause(text=text, end_ms=end_ms, end_of_turn_probability=probability)
        self.call.send(recognizer_pb2.RecognizeResponse(pause=pause))

    def resume(self, start_ms: float = 0) -> None:
        """Report that the caller goes on."""
        resumed = recognizer_pb2.SpeechResumed(start_ms=start_ms)
        self.call.send(recognizer_pb2.RecognizeResponse(speech_resumed=resumed))

    def final(self, text: str | None = None) -> None:
        """Close the utterance, where none is open an empty one; `text` is other than the pause's."""
        final, self._open = self._open or recognizer_pb2.Final(), None
        final.text = final.text if text is None else text
        self.call.send(recognizer_pb2.RecognizeResponse(final=final))

    def _take(self, request: recognizer_pb2.RecognizeRequest) -> None:
        if request.HasField("finish"):
            self.final()

    def _end(self) -> None:
        if self._open is not None:
            self.final()
        self.call.end()


class FakeGenerator:
    """Writes `words` (some are calls), one every `token_ms`, after `first_ms`.

    `fail_after` words it fails with `error`. It refuses more than `holds` messages.
    """

    holds = math.inf

    def __init__(
        self,
        words: Sequence[str | generator_pb2.ToolCall],
        first_ms: float = 100,
        token_ms: float = 10,
        fail_after: int | None = None,
        error: Exception | None = None,
        reason: generator_pb2.FinishReason = generator_pb2.FINISH_REASON_STOP,
        warm_ms: float = 30,
    ) -> None:
        self.words = words
        self.first_ms = first_ms
        self.token_ms = token_ms
        self.fail_after = fail_after
        self.error = error or rpc_error()
        self.reason = reason
        self.requests: list[generator_pb2.GenerateRequest] = []
        self.guests: list[bool] = []
        self.metadata: list[Metadata] = []
        self.calls: list[_Generating] = []
        self.warm_ms = warm_ms
        self.warm_error: grpc.aio.AioRpcError | None = None
        self.warmed: list[generator_pb2.WarmRequest] = []

    async def Warm(self, request: generator_pb2.WarmRequest) -> generator_pb2.WarmResponse:
        self.warmed.append(request)
        await asyncio.sleep(self.warm_ms / 1000)
        if self.warm_error is not None:
            raise self.warm_error
        return generator_pb2.WarmResponse()

    def Generate(
        self, request: generator_pb2.GenerateRequest, metadata: Metadata = ()
    ) -> _Generating:
        self.requests.append(request)
        self.guests.append(is_guest(metadata))
        self.metadata.append(metadata)
        self.calls.append(_Generating(self, too_long=len(request.messages) > self.holds))
        return self.calls[-1]


class _Generating:
    def __init__(self, fake: FakeGenerator, *, too_long: bool) -> None:
        self._fake = fake
        self._too_long = too_long
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    async def __aiter__(self) -> AsyncIterator[generator_pb2.GenerateResponse]:
        if self._too_long:
            raise refusal(InvalidInput("the prompt is long", reason="PROMPT_TOO_LONG"))
        await asyncio.sleep(self._fake.first_ms / 1000)
        for index, word in enumerate(self._fake.words):
            if index == self._fake.fail_after:
                raise self._fake.error
            yield _written(word)
            await asyncio.sleep(self._fake.token_ms / 1000)
        usage = generator_pb2.Usage(prompt_tokens=9, completion_tokens=len(self._fake.words))
        timing = common_pb2.Timing(first_output_ms=self._fake.first_ms)
        finish = generator_pb2.Finish(reason=self._fake.reason, usage=usage, timing=timing)
        yield generator_pb2.GenerateResponse(finish=finish)


def _written(word: str | generator_pb2.ToolCall) -> generator_pb2.GenerateResponse:
    if isinstance(word, str):
        return generator_pb2.GenerateResponse(text=generator_pb2.TextDelta(text=word))
    return generator_pb2.GenerateResponse(tool_call=word)


class FakeSynthesizer:
    """Speaks each piece of text as one word, `delay_ms` after it came; `error` fails it."""

    def __init__(
        self,
        delay_ms: float = 50,
        error: grpc.aio.AioRpcError | None = None,
        word_ms: int = WORD_MS,
    ) -> None:
        self.delay_ms = delay_ms
        self.word_ms = word_ms
        self.error = error
        self.calls: list[_Speaking] = []
        self.metadata: list[Metadata] = []

    def Synthesize(self, metadata: Metadata = ()) -> _Speaking:
        self.metadata.append(metadata)
        self.calls.append(_Speaking(self))
        return self.calls[-1]


class _Speaking(FakeCall):
    def __init__(self, fake: FakeSynthesizer) -> None:
        super().__init__()
        self._fake = fake
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        self.trailers = grpc.aio.Metadata(*Timing(first_output_ms=fake.delay_ms).trailers())
        self.on_write = lambda request: self._said.put_nowait(request.text or "")
        self.on_half_close = lambda: self._said.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[synthesizer_pb2.SynthesizeResponse]:
        if self._fake.error is not None:
            await self._said.get()
            raise self._fake.error
        position, words = 0, 0
        while (text := await self._said.get()) is not None:
            if not text:
                continue
            await asyncio.sleep(self._fake.delay_ms / 1000)
            chunk = spoken(text, position, words, self._fake.word_ms)
            yield synthesizer_pb2.SynthesizeResponse(audio=chunk)
            position, words = position + len(text), words + 1


def spoken(
    text: str, position: int, words: int, word_ms: int = WORD_MS
) -> synthesizer_pb2.AudioChunk:
    """Return `text` as one word at 24 kHz, `words` words into the speech."""
    span = synthesizer_pb2.TextSpan(start=position, end=position + len(text))
    start_ms = words * word_ms
    word = synthesizer_pb2.SpokenWord(span=span, start_ms=start_ms, end_ms=start_ms + word_ms)
    audio = np.full(24 * word_ms, 5000, "<i2").tobytes()
    return synthesizer_pb2.AudioChunk(audio=audio, start_ms=start_ms, span=span, words=[word])


def services(
    recognizer: FakeRecognizer, generator: FakeGenerator, synthesizer: FakeSynthesizer
) -> Services:
    """Return the fakes in the place of the stubs."""
    return Services(cast(Any, recognizer), cast(Any, generator), cast(Any, synthesizer))
