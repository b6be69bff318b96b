"""A caller over WebRTC, without WebRTC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from openai import BaseModel

from antiphon.errors import InvalidInput
from server.conversation.line import Incoming, LineLost
from server.conversation.outbox import Audio, Outbox

ANSWER = "v=0\r\nanswer"


class FakePeer:
    """What the caller sends, and what it was sent."""

    def __init__(self) -> None:
        self.sdp = ANSWER
        self.received: list[BaseModel | bytes] = []
        self.over = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()
        self.flushed = 0
        self._items: asyncio.Queue[Incoming | LineLost | None] = asyncio.Queue()

    @property
    def closed(self) -> bool:
        return self.over.is_set()

    def send(self, *items: Incoming) -> None:
        for item in items:
            self._items.put_nowait(item)

    def hang_up(self) -> None:
        self._items.put_nowait(None)

    def lose(self) -> None:
        self._items.put_nowait(LineLost("gone"))

    async def incoming(self) -> AsyncIterator[Incoming]:
        while (item := await self._items.get()) is not None:
            if isinstance(item, LineLost):
                raise item
            yield item

    async def connected(self) -> None:
        await self.reads.wait()

    def flush(self) -> None:
        self.flushed += 1

    async def deliver(self, outbox: Outbox) -> None:
        async for item in outbox:
            await self.reads.wait()
            self.received.append(item.data if isinstance(item, Audio) else item)

    async def close(self) -> None:
        self.over.set()


class Exchange:
    """Answers offers that begin as SDP does; `peers` are those so far."""

    def __init__(self) -> None:
        self.peers: list[FakePeer] = []

    async def open_peer(self, offer: str) -> FakePeer:
        await asyncio.sleep(0.01)
        if not offer.startswith("v=0"):
            raise InvalidInput("the SDP offer cannot be answered", reason="SDP", param="sdp")
        self.peers.append(FakePeer())
        return self.peers[-1]
