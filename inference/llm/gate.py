"""How many requests are in the engine, and how many may wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from antiphon.errors import Exhausted


class Gate:
    """Lets `slots` requests in at a time, first come first served; refuses those beyond `max_waiting`."""

    def __init__(self, slots: int, max_waiting: int) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._max_waiting = max_waiting
        self._waiting = 0

    @asynccontextmanager
    async def enter(self) -> AsyncGenerator[None, None]:
        """Wait for a slot and hold it; raise `Exhausted` at once where too many wait already."""
        await self._acquire()
        try:
            yield
        finally:
            self._slots.release()

    async def _acquire(self) -> None:
        if self._slots.locked() and self._waiting >= self._max_waiting:
            raise Exhausted(
                f"the language model is busy and {self._waiting} requests wait for it already, the most that "
                "[llm] max_waiting allows; try again in a moment"
            )
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
