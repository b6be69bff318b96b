from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest

from antiphon.v1 import generator_pb2_grpc, recognizer_pb2_grpc, synthesizer_pb2_grpc
from antiphon.v1.common_pb2 import GetInfoRequest, ServiceInfo
from server.engines.services import open_services
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
