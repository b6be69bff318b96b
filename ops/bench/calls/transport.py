"""How a benchmark's caller reaches the gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import grpc

from antiphon.channel import connect
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from ops.bench.services import Running
from server.access.installation_key import bearer, load

Event = dict[str, Any]


class Transport(Protocol):
    """One session with the gateway; audio is PCM16, mono, 24 kHz."""

    async def hear(self, audio: bytes) -> None:
        """Send the caller's audio."""
        ...

    async def tell(self, event: Event) -> None:
        """Send a client event."""
        ...

    def received(self) -> AsyncIterator[bytes | Event]:
        """Yield audio and server events as they come, until the session ends."""
        ...


class _Converse:
    def __init__(self, call: grpc.aio.StreamStreamCall[Any, Any]) -> None:
        self._call = call

    async def hear(self, audio: bytes) -> None:
        await self._call.write(pb.ConverseRequest(audio=audio))

    async def tell(self, event: Event) -> None:
        await self._call.write(pb.ConverseRequest(event=json.dumps(event)))

    async def received(self) -> AsyncIterator[bytes | Event]:
        async for response in self._call:
            yield response.audio if response.HasField("audio") else json.loads(response.event)


@asynccontextmanager
async def converse(services: Running) -> AsyncIterator[Transport]:
    """Yield a session over gRPC."""
    key = load(services.key_file)
    async with connect(services["server"]) as channel:
        call = ConversationStub(channel).Converse(metadata=bearer(key))
        try:
            yield _Converse(call)
        finally:
            call.cancel()
