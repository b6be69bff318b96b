"""The engines' own services on the gateway's port: the same contract, behind its keys and bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc

from antiphon.v1 import common_pb2, generator_pb2, recognizer_pb2, synthesizer_pb2
from antiphon.v1.generator_pb2_grpc import GeneratorServicer
from antiphon.v1.recognizer_pb2_grpc import RecognizerServicer
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerServicer
from server.edge import relay
from server.engines import generator, recognizer, synthesizer
from server.engines.guests import Guests
from server.engines.services import Services

Context = grpc.aio.ServicerContext[Any, Any]


class Recognizer(RecognizerServicer):
    """See recognizer.proto."""

    def __init__(self, services: Services, guests: Guests) -> None:
        self._stub = services.recognizer
        self._guests = guests

    async def Recognize(
        self, requests: AsyncIterator[recognizer_pb2.RecognizeRequest], context: Context
    ) -> None:
        """Pass on a stream."""
        with self._guests.recognition():
            await relay.stream(self._stub.Recognize, requests, context, recognizer.SERVICE)

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: Context
    ) -> common_pb2.ServiceInfo:
        """Return what the service runs."""
        return await _info(self._stub, request, context, recognizer.SERVICE)


class Generator(GeneratorServicer):
    """See generator.proto."""

    def __init__(self, services: Services, guests: Guests) -> None:
        self._stub = services.generator
        self._guests = guests

    async def Generate(self, request: generator_pb2.GenerateRequest, context: Context) -> None:
        """Pass on a generation."""
        with self._guests.generation():
            await relay.answers(self._stub.Generate, request, context, generator.SERVICE)

    async def Warm(
        self, request: generator_pb2.WarmRequest, context: Context
    ) -> generator_pb2.WarmResponse:
        """Pass on the hint."""
        with self._guests.generation():
            warm: generator_pb2.WarmResponse = await relay.unary(
                self._stub.Warm, request, context, generator.SERVICE, generator.PATIENCE_S
            )
            return warm

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: Context
    ) -> common_pb2.ServiceInfo:
        """Return what the service runs."""
        return await _info(self._stub, request, context, generator.SERVICE)


class Synthesizer(SynthesizerServicer):
    """See synthesizer.proto."""

    def __init__(self, services: Services, guests: Guests) -> None:
        self._stub = services.synthesizer
        self._guests = guests

    async def Synthesize(
        self, requests: AsyncIterator[synthesizer_pb2.SynthesizeRequest], context: Context
    ) -> None:
        """Pass on a stream."""
        with self._guests.synthesis():
            await relay.stream(self._stub.Synthesize, requests, context, synthesizer.SERVICE)

    async def ListVoices(
        self, request: synthesizer_pb2.ListVoicesRequest, context: Context
    ) -> synthesizer_pb2.ListVoicesResponse:
        """Return the voices."""
        voices: synthesizer_pb2.ListVoicesResponse = await relay.unary(
            self._stub.ListVoices, request, context, synthesizer.SERVICE
        )
        return voices

    async def GetInfo(
        self, request: common_pb2.GetInfoRequest, context: Context
    ) -> common_pb2.ServiceInfo:
        """Return what the service runs."""
        return await _info(self._stub, request, context, synthesizer.SERVICE)


async def _info(
    stub: Any, request: common_pb2.GetInfoRequest, context: Context, service: str
) -> common_pb2.ServiceInfo:
    info: common_pb2.ServiceInfo = await relay.unary(stub.GetInfo, request, context, service)
    return info
