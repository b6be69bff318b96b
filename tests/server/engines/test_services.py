from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from antiphon.v1 import generator_pb2_grpc, recognizer_pb2_grpc, synthesizer_pb2_grpc
from antiphon.v1.common_pb2 import GetInfoRequest, ServiceInfo
from antiphon.v1.synthesizer_pb2 import ListVoicesRequest, ListVoicesResponse, Voice
from server.engines.services import open_services
from server.realtime.offer import Offer
from server.settings import ServerSettings

Context = grpc.aio.ServicerContext[Any, Any]


class _Named:
    """Each service tells its own name, so that a stub at the wrong address is found."""

    name = ""

    async def GetInfo(self, request: GetInfoRequest, context: Context) -> ServiceInfo:
        return ServiceInfo(engine=self.name)


class _Asr(_Named, recognizer_pb2_grpc.RecognizerServicer):
    name = "asr"


class _Llm(_Named, generator_pb2_grpc.GeneratorServicer):
    name = "llm"


class _Tts(_Named, synthesizer_pb2_grpc.SynthesizerServicer):
    name = "tts"

    async def ListVoices(self, request: ListVoicesRequest, context: Context) -> ListVoicesResponse:
        return ListVoicesResponse(voices=[Voice(name="joe")])


async def _serve(address: str, add: Any, servicer: _Named) -> grpc.aio.Server:
    server = grpc.aio.server()
    add(servicer, server)
    server.add_insecure_port(address)
    await server.start()
    return server


def test_each_stub_reaches_its_service_and_close_ends_the_connections(tmp_path: Path) -> None:
    at = {name: f"unix:{tmp_path}/{name}" for name in ("asr", "llm", "tts")}

    async def main() -> None:
        servers = [
            await _serve(at["asr"], recognizer_pb2_grpc.add_RecognizerServicer_to_server, _Asr()),
            await _serve(at["llm"], generator_pb2_grpc.add_GeneratorServicer_to_server, _Llm()),
            await _serve(at["tts"], synthesizer_pb2_grpc.add_SynthesizerServicer_to_server, _Tts()),
        ]
        services = open_services(ServerSettings(asr=at["asr"], llm=at["llm"], tts=at["tts"]))
        stubs: list[Any] = [services.recognizer, services.generator, services.synthesizer]
        infos = [await stub.GetInfo(GetInfoRequest(), timeout=20) for stub in stubs]
        assert [info.engine for info in infos] == ["asr", "llm", "tts"]
        await services.close()
        with pytest.raises(grpc.aio.UsageError):
            await stubs[0].GetInfo(GetInfoRequest())
        for server in servers:
            await server.stop(None)

    asyncio.run(main())


def test_the_engines_are_watched_and_asked_on_the_channels_of_their_calls(tmp_path: Path) -> None:
    async def main() -> None:
        at = {name: f"unix:{tmp_path}/{name}" for name in ("asr", "llm", "tts")}
        services = open_services(ServerSettings(**at), "Sorry.")
        pulses = services.pulses
        assert pulses.missing == ["asr", "llm", "tts"]
        told: list[bool] = []
        async with asyncio.timeout(30), services.watched():
            serving = [await _healthy(address) for address in at.values()]
            async for ready in pulses.readiness():
                told.append(ready)
                if ready:
                    break
            await pulses.until_ready()
            while services.offer != Offer(("joe",), simulates=False):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await serving[1].stop(None)
            while pulses.missing != ["llm"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for server in serving:
            await server.stop(None)
        await services.close()
        assert told == [False, True]

    asyncio.run(main())


async def _healthy(address: str) -> grpc.aio.Server:
    server = grpc.aio.server()
    checks = health.aio.HealthServicer()
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    recognizer_pb2_grpc.add_RecognizerServicer_to_server(_Asr(), server)
    synthesizer_pb2_grpc.add_SynthesizerServicer_to_server(_Tts(), server)
    server.add_insecure_port(address)
    await server.start()
    return server
