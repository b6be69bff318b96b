"""Engine services in the test's own process and time: what the gateway's clients call, without gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import grpc
import numpy as np

from antiphon.v1 import generator_pb2, recognizer_pb2, synthesizer_pb2
from server.engines.services import Services

WORD_MS = 300


class FakeCall:
    """One call: `requests` as the client wrote them, `send` and `fail` as the service would."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.half_closed = asyncio.Event()
        self.cancelled = False
        self._responses: asyncio.Queue[Any] = asyncio.Queue()
        self.on_write: Callable[[Any], None] = lambda _: None

    async def write(self, request: Any) -> None:
        self.requests.append(request)
        self.on_write(request)

    async def done_writing(self) -> None:
        self.half_closed.set()

    def send(self, *responses: Any) -> None:
        for response in responses:
            self._responses.put_nowait(response)

    def end(self) -> None:
        self._responses.put_nowait(None)

    def fail(self, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        empty = grpc.aio.Metadata()
        self._responses.put_nowait(grpc.aio.AioRpcError(code, empty, empty, details="gone"))

    def cancel(self) -> None:
        self.cancelled = True

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (response := await self._responses.get()) is not None:
            if isinstance(response, Exception):
                raise response
            yield response


class FakeRecognizer:
    """Holds the one stream of a session; the test says what was heard."""

    def __init__(self) -> None:
        self.call = FakeCall()
        self.opened = asyncio.Event()

    def Recognize(self) -> FakeCall:  # the contract's name
        self.opened.set()
        return self.call

    @property
    def audio(self) -> bytes:
        return b"".join(request.audio for request in self.call.requests)

    def say(self, text: str, start_ms: float = 0, end_ms: float = 1000) -> None:
        """Report an utterance from its start to its final."""
        self.call.send(
            recognizer_pb2.RecognizeResponse(
                speech_started=recognizer_pb2.SpeechStarted(start_ms=start_ms)
            ),
            recognizer_pb2.RecognizeResponse(
                final=recognizer_pb2.Final(text=text, start_ms=start_ms, end_ms=end_ms)
            ),
        )


class FakeGenerator:
    """Writes `words`, one every `token_ms`, after `first_ms`; `fail_after` words it fails."""

    def __init__(
        self,
        words: Sequence[str],
        first_ms: float = 100,
        token_ms: float = 10,
        fail_after: int | None = None,
        reason: generator_pb2.FinishReason = generator_pb2.FINISH_REASON_STOP,
    ) -> None:
        self.words = words
        self.first_ms = first_ms
        self.token_ms = token_ms
        self.fail_after = fail_after
        self.reason = reason
        self.requests: list[generator_pb2.GenerateRequest] = []
        self.calls: list[_Generating] = []

    def Generate(self, request: generator_pb2.GenerateRequest) -> _Generating:
        self.requests.append(request)
        self.calls.append(_Generating(self))
        return self.calls[-1]


class _Generating:
    def __init__(self, fake: FakeGenerator) -> None:
        self._fake = fake
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    async def __aiter__(self) -> AsyncIterator[generator_pb2.GenerateResponse]:
        await asyncio.sleep(self._fake.first_ms / 1000)
        for index, word in enumerate(self._fake.words):
            if index == self._fake.fail_after:
                empty = grpc.aio.Metadata()
                raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, empty, empty)
            yield generator_pb2.GenerateResponse(text=generator_pb2.TextDelta(text=word))
            await asyncio.sleep(self._fake.token_ms / 1000)
        usage = generator_pb2.Usage(prompt_tokens=9, completion_tokens=len(self._fake.words))
        finish = generator_pb2.Finish(reason=self._fake.reason, usage=usage)
        yield generator_pb2.GenerateResponse(finish=finish)


class FakeSynthesizer:
    """Speaks each piece of text as one word of 300 ms, `delay_ms` after it came."""

    def __init__(self, delay_ms: float = 50, fails: bool = False) -> None:
        self.delay_ms = delay_ms
        self.fails = fails
        self.calls: list[_Speaking] = []

    def Synthesize(self) -> _Speaking:
        self.calls.append(_Speaking(self))
        return self.calls[-1]


class _Speaking(FakeCall):
    def __init__(self, fake: FakeSynthesizer) -> None:
        super().__init__()
        self._fake = fake
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        self.on_write = lambda request: self._said.put_nowait(request.text or "")

    async def done_writing(self) -> None:
        await super().done_writing()
        self._said.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[synthesizer_pb2.SynthesizeResponse]:
        if self._fake.fails:
            empty = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, empty, empty, details="voice lost")
        position, words = 0, 0
        while (text := await self._said.get()) is not None:
            if not text:
                continue
            await asyncio.sleep(self._fake.delay_ms / 1000)
            yield synthesizer_pb2.SynthesizeResponse(audio=_spoken(text, position, words))
            position, words = position + len(text), words + 1


def _spoken(text: str, position: int, words: int) -> synthesizer_pb2.AudioChunk:
    span = synthesizer_pb2.TextSpan(start=position, end=position + len(text))
    start_ms = words * WORD_MS
    word = synthesizer_pb2.SpokenWord(span=span, start_ms=start_ms, end_ms=start_ms + WORD_MS)
    audio = np.full(24 * WORD_MS, 5000, "<i2").tobytes()
    return synthesizer_pb2.AudioChunk(audio=audio, start_ms=start_ms, span=span, words=[word])


def services(
    recognizer: FakeRecognizer, generator: FakeGenerator, synthesizer: FakeSynthesizer
) -> Services:
    """Return the fakes in the place of the stubs."""
    return Services(cast(Any, recognizer), cast(Any, generator), cast(Any, synthesizer))
