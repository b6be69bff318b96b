"""A session that only echoes, and the client's end of a line to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from openai import BaseModel

from antiphon.errors import AntiphonError
from server.conversation.line import Incoming, Line, LineLost
from server.conversation.outbox import Audio, Outbox, Outgoing
from server.realtime import server_events


class FakeSession:
    """Sends back all audio; an event named `close` ends it, `fail` or `bug` ends it ill."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.over = False
        self.lines = 0
        self.lost_at_s: list[float] = []
        self.left = asyncio.Event()
        self.obeys = asyncio.Event()
        self.obeys.set()
        self._closed = asyncio.Event()
        self._outbox: Outbox | None = None

    async def run(self) -> None:
        try:
            await self._closed.wait()
        finally:
            self.over = True

    async def attend(self, line: Line) -> None:
        self.lines += 1
        self._outbox = line.outbox
        try:
            async for item in line.incoming:
                await self.obeys.wait()
                await self._take(item, line)
        except LineLost:
            self.lost_at_s.append(asyncio.get_running_loop().time())
            self.left.set()
        else:
            self.close()

    def close(self) -> None:
        self._closed.set()

    async def tell(self, event: Outgoing) -> None:
        """Send an event to the client that is there."""
        assert self._outbox is not None
        await self._outbox.put(event)

    async def _take(self, item: Incoming, line: Line) -> None:
        match item:
            case bytes():
                await line.outbox.put(Audio(item, "resp_1", "item_1"))
            case "close":
                self.close()
            case "fail":
                raise AntiphonError("it failed", reason="FAILED")
            case "bug":
                raise ZeroDivisionError("tangerine")
            case _:
                await line.outbox.put(server_events.state("listening"))


class Client:
    """What a client sends over its line, and what it was sent."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.received: list[BaseModel | bytes] = []
        self._items: asyncio.Queue[Incoming | LineLost | None] = asyncio.Queue()

    @property
    def line(self) -> Line:
        return Line(self._incoming(), self.outbox, lead_ms=100)

    def send(self, *items: Incoming) -> None:
        for item in items:
            self._items.put_nowait(item)

    def hang_up(self) -> None:
        self._items.put_nowait(None)

    def lose(self) -> None:
        self._items.put_nowait(LineLost("gone"))

    async def deliver(self, item: Outgoing) -> None:
        self.received.append(item.data if isinstance(item, Audio) else item)

    async def read(self) -> list[BaseModel | bytes]:
        """Return all that was sent, to the end."""
        async for item in self.outbox:
            await self.deliver(item)
        return self.received

    async def _incoming(self) -> AsyncIterator[Incoming]:
        while (item := await self._items.get()) is not None:
            if isinstance(item, LineLost):
                raise item
            yield item
