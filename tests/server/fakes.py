"""Engine services in the test's own process and time: what the gateway's clients call, without gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import grpc
import numpy as np

from antiphon.v1 import generator_pb2, recognizer_pb2, synthesizer_pb2
from server.engines.services import Services
from tests.server.fake_call import FakeCall, rpc_error

WORD_MS = 300


class FakeRecognizer:
    """Holds the one stream of a session; the test says what was heard."""

    def __init__(self) -> None:
        self.call = FakeCall()
        self.call.on_half_close = self.call.end
        self.opened = asyncio.Event()

    def Recognize(self) -> FakeCall:  # the contract's name
        self.opened.set()
        return self.call

    @property
    def audio(self) -> bytes:
        return b"".join(request.audio for request in self.call.requests)

    def say(self, text: str, start_ms: float = 0, end_ms: float = 1000) -> None:
        """Report an utterance from its start to its final."""
        self.call.send(*utterance(text, start_ms, end_ms))


def utterance(
    text: str, start_ms: float = 0, end_ms: float = 1000
) -> list[recognizer_pb2.RecognizeResponse]:
    """Return what a recogniser reports of an utterance, from its start to its final."""
    started = recognizer_pb2.SpeechStarted(start_ms=start_ms)
    partial = recognizer_pb2.Partial(text=text[: len(text) // 2], audio_ms=end_ms / 2)
    final = recognizer_pb2.Final(text=text, start_ms=start_ms, end_ms=end_ms)
    return [
        recognizer_pb2.RecognizeResponse(speech_started=started),
        recognizer_pb2.RecognizeResponse(partial=partial),
        recognizer_pb2.RecognizeResponse(final=final),
    ]


class FakeGenerator:
    """Writes `words`, one every `token_ms`, after `first_ms`; `fail_after` words it fails with `error`."""

    def __init__(
        self,
        words: Sequence[str],
        first_ms: float = 100,
        token_ms: float = 10,
        fail_after: int | None = None,
        error: Exception | None = None,
        reason: generator_pb2.FinishReason = generator_pb2.FINISH_REASON_STOP,
    ) -> None:
        self.words = words
        self.first_ms = first_ms
        self.token_ms = token_ms
        self.fail_after = fail_after
        self.error = error or rpc_error()
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
                raise self._fake.error
            yield generator_pb2.GenerateResponse(text=generator_pb2.TextDelta(text=word))
            await asyncio.sleep(self._fake.token_ms / 1000)
        usage = generator_pb2.Usage(prompt_tokens=9, completion_tokens=len(self._fake.words))
        finish = generator_pb2.Finish(reason=self._fake.reason, usage=usage)
        yield generator_pb2.GenerateResponse(finish=finish)


class FakeSynthesizer:
    """Speaks each piece of text as one word of 300 ms, `delay_ms` after it came; `error` fails it."""

    def __init__(self, delay_ms: float = 50, error: grpc.aio.AioRpcError | None = None) -> None:
        self.delay_ms = delay_ms
        self.error = error
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
            yield synthesizer_pb2.SynthesizeResponse(audio=spoken(text, position, words))
            position, words = position + len(text), words + 1


def spoken(text: str, position: int, words: int) -> synthesizer_pb2.AudioChunk:
    """Return `text` as one word of 300 ms at 24 kHz, `words` words into the speech."""
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
