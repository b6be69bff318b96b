"""The gRPC servicer `antiphon.v1.Recognizer`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc

from antiphon import caller
from antiphon.audio import RECOGNITION_RATE_HZ, Resampler, decode
from antiphon.errors import Exhausted, InvalidInput
from antiphon.observability.spans import Spans
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import RecognizeRequest, RecognizeResponse
from antiphon.v1.recognizer_pb2_grpc import RecognizerServicer
from inference.asr.config import Listening, check_capabilities, read_config
from inference.asr.decoder import Decoder
from inference.asr.detector import Detector
from inference.asr.endpointer import Endpointer
from inference.asr.finals import Finals
from inference.asr.history import History
from inference.asr.settings import AsrSettings
from inference.asr.stopwatch import Stopwatch
from inference.asr.stream import Stream
from inference.asr.utterance import Ears, JudgeTurn

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # not generic at run time

MAX_AUDIO_BYTES = 1024 * 1024

# Some seconds of events for a client that reads slowly; then its audio waits with it.
MAX_UNSENT = 64


@dataclass(frozen=True, slots=True)
class Parts:
    """What all streams share."""

    settings: AsrSettings
    decoder: Decoder
    listen: Callable[[], Detector]
    judge: JudgeTurn | None
    info: common_pb2.ServiceInfo


class RecognizerService(RecognizerServicer):
    """Recognises speech, one call a stream; a call's end or cancellation frees all it held."""

    def __init__(self, parts: Parts, spans: Spans | None = None) -> None:
        self._parts = parts
        self._spans = spans
        self._streams = 0

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: Context
    ) -> common_pb2.ServiceInfo:
        """Return what the service runs."""
        return self._parts.info

    async def Recognize(self, requests: AsyncIterator[RecognizeRequest], context: Context) -> None:
        """Serve one stream until the client half-closes it."""
        most = self._parts.settings.max_streams
        if self._streams >= most:
            raise Exhausted(
                f"all {most} streams of speech recognition are in use; try again shortly"
            )
        self._streams += 1
        stopwatch = Stopwatch()
        try:
            await self._serve(requests, context, stopwatch)
        finally:
            self._streams -= 1
            if stopwatch.total is not None:
                context.set_trailing_metadata(stopwatch.total.trailers())

    async def _serve(
        self,
        requests: AsyncIterator[RecognizeRequest],
        context: Context,
        stopwatch: Stopwatch,
    ) -> None:
        unsent: asyncio.Queue[RecognizeResponse | None] = asyncio.Queue(MAX_UNSENT)
        finals = Finals(self._spans, unsent.put)
        listening = await self._configured(requests)
        async with asyncio.TaskGroup() as tasks:
            ears = Ears(
                listening=listening,
                history=History(),
                endpointer=Endpointer(listening.rules),
                decoder=self._parts.decoder,
                judge=self._parts.judge,
                stopwatch=stopwatch,
                tasks=tasks,
                emit=finals.emit,
                caller=caller.of(context.invocation_metadata()) or object(),
            )
            stream = Stream(ears, self._parts.listen())
            tasks.create_task(_listen(requests, listening, stream, finals, unsent))
            while (response := await unsent.get()) is not None:
                await context.write(response)

    async def _configured(self, requests: AsyncIterator[RecognizeRequest]) -> Listening:
        async for request in requests:
            if request.WhichOneof("request") != "config":
                break
            listening = read_config(request.config, self._parts.settings)
            self._parts.decoder.check(listening.language, listening.script)
            check_capabilities(listening, self._parts.decoder.about.capabilities)
            return listening
        raise InvalidInput("the first message of a stream must be `config`", reason="CONFIG_FIRST")


async def _listen(
    requests: AsyncIterator[RecognizeRequest],
    listening: Listening,
    stream: Stream,
    finals: Finals,
    unsent: asyncio.Queue[RecognizeResponse | None],
) -> None:
    resampler = Resampler(listening.rate_hz, RECOGNITION_RATE_HZ)
    async for request in requests:
        match request.WhichOneof("request"):
            case "audio":
                await stream.hear(
                    resampler.feed(decode(_bounded(request.audio), listening.encoding))
                )
            case "finish":
                finals.asked(request.finish.traceparent)
                await stream.finish_utterance()
            case "config":
                raise InvalidInput(
                    "`config` comes once, at the start of a stream", reason="CONFIG_TWICE"
                )
            case _:
                raise InvalidInput(
                    "a message holds neither `audio` nor `finish`", reason="EMPTY_MESSAGE"
                )
    await stream.hear(resampler.flush())
    await stream.end()
    await unsent.put(None)


def _bounded(audio: bytes) -> bytes:
    if len(audio) > MAX_AUDIO_BYTES:
        raise InvalidInput(
            f"{len(audio)} bytes of audio in one message; send at most {MAX_AUDIO_BYTES} at a time",
            reason="MESSAGE_TOO_LARGE",
        )
    return audio
