"""The gateway's gRPC port over engine services of the test's own, all on Unix sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from antiphon.channel import connect
from antiphon.errors import AntiphonError
from antiphon.in_flight import InFlight
from antiphon.serving import ErrorInterceptor
from antiphon.status import from_rpc_error
from antiphon.v1.generator_pb2_grpc import GeneratorServicer, add_GeneratorServicer_to_server
from antiphon.v1.recognizer_pb2_grpc import RecognizerServicer, add_RecognizerServicer_to_server
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerServicer, add_SynthesizerServicer_to_server
from server.access.installation_key import bearer
from server.access.key_interceptor import KeyInterceptor
from server.access.keyring import Keyring
from server.edge.port import Port
from server.engines.guests import Guests
from server.engines.services import open_services
from server.session_maker import SessionMaker
from server.sessions import hosting
from server.settings import AgentSettings, ServerSettings

KEY = "ak_test"
AUTHORIZED = bearer(KEY)
MOST_GUESTS = 2

Visit = Callable[[grpc.aio.Channel], Awaitable[None]]


class Engines(RecognizerServicer, GeneratorServicer, SynthesizerServicer):
    """All three services in one process; a test overrides what it calls."""


def visit(tmp_path: Path, engines: Engines, story: Visit) -> None:
    """Let `story` call the gateway's port, with `engines` behind it."""

    async def main() -> None:
        async with asyncio.timeout(60), port(tmp_path, engines) as channel:
            await story(channel)

    asyncio.run(main())


@asynccontextmanager
async def port(tmp_path: Path, engines: Engines) -> AsyncIterator[grpc.aio.Channel]:
    """Serve for the length of the block; yields a channel to the gateway."""
    behind = f"unix:{tmp_path}/engines"
    services = open_services(ServerSettings(asr=behind, llm=behind, tts=behind))
    keyring = Keyring(KEY)
    async with (
        serving(engines, behind),
        hosting(SessionMaker(services, AgentSettings()).make, 2) as sessions,
    ):
        front = Port(sessions, keyring, services, Guests(MOST_GUESTS))
        try:
            async with (
                _serving(f"unix:{tmp_path}/port", [KeyInterceptor(keyring)], front.register),
                connect(f"unix:{tmp_path}/port") as channel,
            ):
                yield channel
        finally:
            await services.close()


@asynccontextmanager
async def serving(engines: Engines, address: str) -> AsyncIterator[None]:
    """Serve `engines` alone for the length of the block."""
    async with _serving(address, [], lambda server: _add_engines(engines, server)):
        yield


async def problem_of(call: Any) -> AntiphonError:
    """Return the refusal that `call`, made with the gateway, ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        if hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    assert refused.value.code() not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)
    return from_rpc_error(refused.value, "gateway")


@asynccontextmanager
async def _serving(
    address: str,
    interceptors: Iterable[grpc.aio.ServerInterceptor],
    register: Callable[[grpc.aio.Server], Awaitable[Any]],
) -> AsyncIterator[None]:
    server = grpc.aio.server(interceptors=[ErrorInterceptor(InFlight()), *interceptors])
    server.add_insecure_port(address)
    await register(server)
    await server.start()
    try:
        yield
    finally:
        await server.stop(None)


async def _add_engines(engines: Engines, server: grpc.aio.Server) -> None:
    add_RecognizerServicer_to_server(cast(RecognizerServicer, engines), server)
    add_GeneratorServicer_to_server(cast(GeneratorServicer, engines), server)
    add_SynthesizerServicer_to_server(cast(SynthesizerServicer, engines), server)
