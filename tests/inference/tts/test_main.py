"""The process of the voice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import grpc
import pytest

from antiphon.channel import connect
from antiphon.diligence import Diligence
from antiphon.serving import Beside
from antiphon.v1 import common_pb2
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from inference.tts import __main__ as process


def test_it_serves_what_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"unix:{tmp_path}/tts.sock"
    monkeypatch.setenv("ANTIPHON_TTS__ADDRESS", address)
    monkeypatch.setenv("ANTIPHON_TTS__ENGINE", "simulated")
    found: list[common_pb2.ServiceInfo] = []

    async def serve(
        at: str,
        register: Callable[[grpc.aio.Server], Awaitable[list[str]]],
        interceptors: Sequence[grpc.aio.ServerInterceptor],
        beside: Sequence[Beside],
    ) -> None:
        assert [getattr(each, "__func__", None) for each in beside][1:] == [Diligence.keep]
        server = grpc.aio.server(interceptors=interceptors)
        assert await register(server) == ["antiphon.v1.Synthesizer"]
        server.add_insecure_port(at)
        await server.start()
        async with connect(address) as channel:
            found.append(await SynthesizerStub(channel).GetInfo(common_pb2.GetInfoRequest()))
        await server.stop(None)

    monkeypatch.setattr(process, "serve", serve)
    asyncio.run(process.main())
    assert found[0].engine == "simulated"
