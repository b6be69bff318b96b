"""A benchmark's caller over gRPC."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from antiphon.channel import connect
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationStub
from ops.bench.calls.line import Event, Line
from ops.bench.services import Running
from server.access.installation_key import bearer, load


class _Converse:
    def __init__(self, call: grpc.aio.StreamStreamCall[Any, Any]) -> None:
        self._call = call
        # gRPC fails a message that is sent while another is still being taken.
        self._writing = asyncio.Lock()

    async def hear(self, audio: bytes) -> None:
        await self._write(pb.ConverseRequest(audio=audio))

    async def tell(self, event: Event) -> None:
        await self._write(pb.ConverseRequest(event=json.dumps(event)))

    async def _write(self, request: pb.ConverseRequest) -> None:
        async with self._writing:
            await self._call.write(request)

    async def received(self) -> AsyncIterator[bytes | Event]:
        async for response in self._call:
            yield response.audio if response.HasField("audio") else json.loads(response.event)


@asynccontextmanager
async def dial(services: Running) -> AsyncIterator[Line]:
    """Yield a session over gRPC."""
    key = load(services.key_file)
    async with connect(services["server"]) as channel:
        call = ConversationStub(channel).Converse(metadata=bearer(key))
        try:
            yield _Converse(call)
        finally:
            call.cancel()
