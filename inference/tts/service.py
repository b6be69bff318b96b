"""`Synthesizer` over gRPC: checks what is asked, and lets calls take turns on one engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from antiphon.audio import Encoding, check_rate
from antiphon.errors import InvalidInput, NotFound
from antiphon.v1 import common_pb2, synthesizer_pb2, synthesizer_pb2_grpc

from inference.tts.bridge import Bridge
from inference.tts.call import Call, Order
from inference.tts.engine import Engine
from inference.tts.output import Format
from inference.tts.settings import MAX_SPEED, MIN_SPEED
from inference.tts.voices import VoiceCard

_ENCODINGS = {
    common_pb2.AUDIO_ENCODING_PCM_S16LE: Encoding.PCM_S16LE,
    common_pb2.AUDIO_ENCODING_PCM_F32LE: Encoding.PCM_F32LE,
    common_pb2.AUDIO_ENCODING_MULAW: Encoding.MULAW,
    common_pb2.AUDIO_ENCODING_ALAW: Encoding.ALAW,
}
_SHOWN_CHARACTERS = 64  # of an unknown voice's name: enough to recognise it


class Synthesizer(synthesizer_pb2_grpc.SynthesizerServicer):
    """Serves one voice to any number of calls, which take turns on it piece by piece."""

    def __init__(self, engine: Engine, voice: VoiceCard, speed: float) -> None:
        self._engine = engine
        self._voice = voice
        self._speed = speed
        self._bridge = Bridge()

    async def Synthesize(self, requests: AsyncIterator[synthesizer_pb2.SynthesizeRequest], context: Any) -> None:
        """Speak the call's text; synthesizer.proto tells the order of messages."""
        async for request in requests:
            order = self._order(request)
            break
        else:
            return
        call = Call(self._engine, self._bridge, order, context.write)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.read(requests))
            await call.speak()
        if call.timing is not None:
            context.set_trailing_metadata(call.timing.trailers())

    async def ListVoices(
        self, request: synthesizer_pb2.ListVoicesRequest, context: Any
    ) -> synthesizer_pb2.ListVoicesResponse:
        """Return the voices that `SynthesizeConfig.voice` may name."""
        voice = synthesizer_pb2.Voice(
            name=self._voice.name,
            language=self._voice.language,
            licence=self._voice.licence,
            sample_rate_hz=self._engine.info.sample_rate_hz,
            description=self._voice.description,
        )
        return synthesizer_pb2.ListVoicesResponse(voices=[voice])

    async def GetInfo(self, request: common_pb2.GetInfoRequest, context: Any) -> common_pb2.ServiceInfo:
        """Return what speaks here."""
        info = self._engine.info
        return common_pb2.ServiceInfo(
            engine=info.name,
            model=self._voice.name,
            revision=self._voice.revision,
            licence=self._voice.licence,
            capabilities=info.capabilities,
            simulated=info.simulated,
        )

    def close(self) -> None:
        """Let the step in progress end, then release the engine."""
        self._bridge.shut()
        self._engine.close()

    def _order(self, request: synthesizer_pb2.SynthesizeRequest) -> Order:
        if request.WhichOneof("request") != "config":
            raise InvalidInput("the first request must hold config", reason="CONFIG_MISSING")
        config = request.config
        if config.voice and config.voice != self._voice.name:
            raise NotFound(
                f"there is no voice {config.voice[:_SHOWN_CHARACTERS]!r}; there is: {self._voice.name}",
                reason="UNKNOWN_VOICE",
            )
        return Order(self._format(config), self._speed * _speed(config.speed))

    def _format(self, config: synthesizer_pb2.SynthesizeConfig) -> Format:
        if not config.HasField("audio"):
            return Format(Encoding.PCM_S16LE, self._engine.info.sample_rate_hz)
        encoding = _ENCODINGS.get(config.audio.encoding)
        if encoding is None:
            raise InvalidInput(f"audio encoding {config.audio.encoding} is not known", reason="AUDIO_ENCODING")
        return Format(encoding, check_rate(config.audio.sample_rate_hz))


def _speed(asked: float) -> float:
    """Return the factor asked for; NaN fails the comparison too."""
    if asked == 0:
        return 1.0
    if not MIN_SPEED <= asked <= MAX_SPEED:
        raise InvalidInput(f"speed {asked} is outside {MIN_SPEED} to {MAX_SPEED}", reason="SPEED")
    return asked
