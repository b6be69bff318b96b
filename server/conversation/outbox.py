"""What a session sends: one ordered, bounded stream of events and audio for its transport to drain."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import Exhausted
from server.realtime import server_events

# About 10 s of 20 ms frames: past it, the client has stopped reading and nothing is live any more.
MAX_ITEMS = 512
# A live client drains within milliseconds; a phone that changes cells may need seconds.
STALL_S = 10.0
CLIENT_STALLED = "CLIENT_STALLED"


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of a reply in the session's output format, of the one content part of its item."""

    data: bytes
    response_id: str
    item_id: str
    output_index: int = 0

    def as_event(self) -> oai.ResponseAudioDeltaEvent:
        """Return it as an event, for a transport on which audio has no way of its own."""
        return server_events.make(
            oai.ResponseAudioDeltaEvent,
            response_id=self.response_id,
            item_id=self.item_id,
            output_index=self.output_index,
            content_index=0,
            delta=base64.b64encode(self.data).decode(),
        )


Outgoing = BaseModel | Audio


class Outbox:
    """Bounded queue between one session (puts) and one transport (iterates)."""

    def __init__(self, max_items: int = MAX_ITEMS) -> None:
        self._items: deque[Outgoing] = deque()
        self._max_items = max_items
        self._closed = False
        self._stalled = False
        self._room = asyncio.Event()
        self._ready = asyncio.Event()

    async def put(self, *items: Outgoing) -> None:
        """Queue `items` next to each other, all of them or, where this is cancelled or fails, none.

        Waits while the queue is full, which the last of `items` may then exceed; raises `Exhausted` once
        the client has not read for 10 s. A closed outbox drops what it is given.
        """
        try:
            async with asyncio.timeout(STALL_S):
                await self._until_room()
        except TimeoutError:
            self._stalled = True
            self._room.set()
        if self._closed:
            return
        if self._stalled:
            raise stalled()
        self._items.extend(items)
        self._ready.set()

    def close(self) -> None:
        """End the stream after what is queued; whoever waits for room is let go."""
        self._closed = True
        self._room.set()
        self._ready.set()

    def drop_audio(self) -> None:
        """Throw away audio that has not been taken yet; events stay."""
        kept = [item for item in self._items if not isinstance(item, Audio)]
        self._items.clear()
        self._items.extend(kept)
        self._room.set()

    async def __aiter__(self) -> AsyncIterator[Outgoing]:
        while True:
            while self._items:
                item = self._items.popleft()
                self._room.set()
                yield item
            if self._closed:
                return
            self._ready.clear()
            await self._ready.wait()

    async def _until_room(self) -> None:
        while len(self._items) >= self._max_items and not self._closed and not self._stalled:
            self._room.clear()
            await self._room.wait()


def stalled() -> Exhausted:
    """Return the error of a session whose client stopped reading."""
    return Exhausted(
        f"the client has not read for {STALL_S:.0f} s; the session is closed",
        reason=CLIENT_STALLED,
    )
