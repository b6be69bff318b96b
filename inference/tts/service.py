"""`Synthesizer` over gRPC: checks what is asked, and lets calls take turns on one engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import grpc

from antiphon.audio import Encoding, check_rate
from antiphon.errors import Exhausted, InvalidInput, NotFound
from antiphon.guest import is_guest
from antiphon.observability.serving import Served
from antiphon.observability.spans import Spans
from antiphon.v1 import common_pb2, synthesizer_pb2, synthesizer_pb2_grpc
from inference.tts.call import Call, Order
from inference.tts.engine import Engine
from inference.tts.output import Format
from inference.tts.settings import MAX_SPEED, MIN_SPEED, TtsSettings
from inference.tts.watch import UNWATCHED, Watch

_ENCODINGS = {
    common_pb2.AUDIO_ENCODING_PCM_S16LE: Encoding.PCM_S16LE,
    common_pb2.AUDIO_ENCODING_PCM_F32LE: Encoding.PCM_F32LE,
    common_pb2.AUDIO_ENCODING_MULAW: Encoding.MULAW,
    common_pb2.AUDIO_ENCODING_ALAW: Encoding.ALAW,
}
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # not generic at run time
_SHOWN_CHARACTERS = 64  # of an unknown voice's name: enough to recognise it


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service consists of."""

    settings: TtsSettings
    engine: Engine
    info: common_pb2.ServiceInfo
    voice: synthesizer_pb2.Voice


class SynthesizerService(synthesizer_pb2_grpc.SynthesizerServicer):
    """Serves one voice to a bounded number of calls."""

    def __init__(self, parts: Parts, watch: Watch = UNWATCHED, spans: Spans | None = None) -> None:
        self._parts = parts
        self._watch = watch
        self._spans = spans
        self._calls = 0

    async def Synthesize(
        self, requests: AsyncIterator[synthesizer_pb2.SynthesizeRequest], context: Context
    ) -> None:
        """Speak the call's text; synthesizer.proto tells the order of messages.

        Cancelling it stops the engine after the piece in progress. A client that does not read is sent
        what gRPC holds on both sides, some two minutes of audio; then the engine waits for it.
        """
        async for first in requests:
            with self._admitted():
                guest = is_guest(context.invocation_metadata())
                await self._speak(replace(self._order(first), guest=guest), requests, context)
            return

    async def ListVoices(
        self, request: synthesizer_pb2.ListVoicesRequest, context: Context
    ) -> synthesizer_pb2.ListVoicesResponse:
        """Return the voices that `SynthesizeConfig.voice` may name."""
        return synthesizer_pb2.ListVoicesResponse(voices=[self._parts.voice])

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: Context
    ) -> common_pb2.ServiceInfo:
        """Return what speaks here."""
        return self._parts.info

    async def _speak(
        self,
        order: Order,
        requests: AsyncIterator[synthesizer_pb2.SynthesizeRequest],
        context: Context,
    ) -> None:
        call = Call(self._parts.engine, order, context.write, self._watch)
        served = Served(self._spans, "tts.synthesize", context.invocation_metadata())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(call.read(requests))
                await call.speak()
        finally:
            served.end(call.timing)
            if call.timing is not None:
                self._watch.spoken(call.timing)
                context.set_trailing_metadata(call.timing.trailers())

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        most = self._parts.settings.max_calls
        if self._calls >= most:
            raise Exhausted(
                f"the voice speaks for {most} calls already; try again in a moment, or raise "
                "[tts] max_calls",
                reason="TTS_FULL",
            )
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    def _order(self, request: synthesizer_pb2.SynthesizeRequest) -> Order:
        if request.WhichOneof("request") != "config":
            raise InvalidInput("the first request must hold config", reason="CONFIG_MISSING")
        config, voice = request.config, self._parts.voice
        if config.voice not in ("", voice.name):
            raise NotFound(
                f"there is no voice {config.voice[:_SHOWN_CHARACTERS]!r}; there is: {voice.name}",
                reason="UNKNOWN_VOICE",
            )
        return Order(self._format(config), self._parts.settings.speed * _speed(config.speed))

    def _format(self, config: synthesizer_pb2.SynthesizeConfig) -> Format:
        if not config.HasField("audio"):
            return Format(Encoding.PCM_S16LE, self._parts.voice.sample_rate_hz)
        encoding = _ENCODINGS.get(config.audio.encoding)
        if encoding is None:
            known = ", ".join(_ENCODINGS.values())
            raise InvalidInput(
                f"audio encoding {config.audio.encoding} is not one of: {known}",
                reason="AUDIO_ENCODING",
            )
        return Format(encoding, check_rate(config.audio.sample_rate_hz))


def _speed(asked: float) -> float:
    """Return the factor asked for; a NaN fails the comparison, too."""
    if asked == 0:
        return 1.0
    if not MIN_SPEED <= asked <= MAX_SPEED:
        raise InvalidInput(
            f"speed {asked} is outside {MIN_SPEED} to {MAX_SPEED}; 0 or 1 is the voice's own",
            reason="SPEED",
        )
    return asked
