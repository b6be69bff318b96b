"""A benchmark's caller over WebSocket, as OpenAI's clients speak it: audio is base64 in events."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, unix_connect

from ops.bench.calls.line import Event, Line
from ops.bench.services import Running
from server.access.installation_key import load

# The host is for the header only: the socket is a file.
URL = "ws://localhost/v1/realtime"


class _Socket:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def hear(self, audio: bytes) -> None:
        await self.tell(
            {"type": "input_audio_buffer.append", "audio": b64encode(audio).decode("ascii")}
        )

    async def tell(self, event: Event) -> None:
        await self._socket.send(json.dumps(event))

    async def received(self) -> AsyncIterator[bytes | Event]:
        async for message in self._socket:
            event = json.loads(message)
            if event["type"] == "response.output_audio.delta":
                yield b64decode(event["delta"])
            else:
                yield event


@asynccontextmanager
async def dial(services: Running) -> AsyncIterator[Line]:
    """Yield a session over WebSocket."""
    bearer = {"Authorization": f"Bearer {load(services.key_file)}"}
    async with unix_connect(services.http_socket, URL, additional_headers=bearer) as socket:
        yield _Socket(socket)
