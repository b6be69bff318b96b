"""Between a thread that decodes and the event loop: bytes one way, samples the other, both bounded."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from queue import SimpleQueue

from antiphon.audio import Int16

# Pieces of at most half a second that the decoder is ahead of whoever takes them.
MAX_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """The thread waits for bytes."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The thread is done, because of `error` if there is one."""

    error: Exception | None = None


Event = Int16 | Wanted | Ended


class Closed(Exception):
    """Nobody takes samples any more: the thread is to end."""


class Handover:
    """`more`, `put` and `end` are for the thread and may block; the rest is for the loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Beside samples at most one Wanted and one Ended.
        self._events: asyncio.Queue[Event] = asyncio.Queue(MAX_AHEAD + 2)
        # At most the bytes that were wanted, and those that `close` wakes the thread with.
        self._given: SimpleQueue[bytes] = SimpleQueue()
        self._room = threading.Semaphore(MAX_AHEAD)
        self._closed = False
        self._ended = False

    def more(self) -> bytes:
        """Return the next bytes, none at the end; raise `Closed`."""
        self._tell(Wanted())
        data = self._given.get()
        self._check()
        return data

    def put(self, samples: Int16) -> None:
        """Hand over `samples`; raise `Closed`."""
        self._room.acquire()
        self._tell(samples)

    def end(self, error: Exception | None) -> None:
        """Say that the thread is done; nothing follows."""
        try:
            self._loop.call_soon_threadsafe(self._events.put_nowait, Ended(error))
        except RuntimeError:
            return  # the loop is closed, and nobody waits

    async def next(self) -> Event:
        """Return what the thread says next."""
        event = await self._events.get()
        self._ended = isinstance(event, Ended)
        if not isinstance(event, Wanted | Ended):
            self._room.release()
        return event

    def give(self, data: bytes) -> None:
        """Answer a `Wanted`; no bytes are the end."""
        self._given.put(data)

    async def close(self) -> None:
        """Stop the thread, and wait until it has ended."""
        self._closed = True
        self._given.put(b"")
        self._room.release()
        while not self._ended:
            await self.next()

    def _tell(self, event: Event) -> None:
        self._check()
        try:
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)
        except RuntimeError:
            raise Closed from None  # the loop is closed

    def _check(self) -> None:
        if self._closed:
            raise Closed
