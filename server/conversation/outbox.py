"""What a session sends: one ordered, bounded stream of events and audio for its transport to drain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from openai import BaseModel

from antiphon.errors import Exhausted

# About 10 s of 20 ms frames: past it, the client has stopped reading and nothing is live any more.
MAX_ITEMS = 512
# A live client drains within milliseconds; a phone that changes cells may need seconds.
STALL_S = 10.0

Outgoing = BaseModel | bytes


class Outbox:
    """Bounded queue between one session (puts) and one transport (iterates)."""

    def __init__(self, max_items: int = MAX_ITEMS) -> None:
        self._items: asyncio.Queue[Outgoing] = asyncio.Queue(max_items)
        self._closed = asyncio.Event()

    async def put(self, item: Outgoing) -> None:
        """Queue `item`; wait while full; raise `Exhausted` when the client has not read for 10 s.

        A closed outbox drops what it is given.
        """
        if self._closed.is_set():
            return
        try:
            async with asyncio.timeout(STALL_S):
                await self._items.put(item)
        except TimeoutError:
            raise Exhausted(
                f"the client has not read for {STALL_S:.0f} s; the session is closed",
                reason="CLIENT_STALLED",
            ) from None

    def close(self) -> None:
        """End the stream after what is queued."""
        self._closed.set()

    async def __aiter__(self) -> AsyncIterator[Outgoing]:
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            while True:
                while not self._items.empty():
                    yield self._items.get_nowait()
                if closed.done():
                    return
                item = asyncio.ensure_future(self._items.get())
                try:
                    await asyncio.wait({item, closed}, return_when=asyncio.FIRST_COMPLETED)
                    if item.done():
                        yield item.result()
                finally:
                    item.cancel()
        finally:
            closed.cancel()
