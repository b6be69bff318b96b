"""What a caller's line brings, in the order in which it arrived, until it ends or breaks."""

from __future__ import annotations

import asyncio
from collections import deque

from server.conversation.line import Incoming, LineLost

# 10 s of frames: a session that has not listened for so long has failed.
MAX_FRAMES = 500
# A client sends a handful of events a turn.
MAX_EVENTS = 256


class Inbox:
    """Bounded queue between a line (puts, never waits) and its session (gets)."""

    def __init__(self) -> None:
        self._items: deque[Incoming] = deque()
        self._events = 0
        self._ready = asyncio.Event()
        self._end: LineLost | None = None
        self._ended = False
        self.dropped_frames = 0

    def put_frame(self, frame: bytes) -> None:
        """Queue audio; where there is too much, the oldest is dropped and counted."""
        if self._ended:
            return
        if len(self._items) - self._events >= MAX_FRAMES:
            self._items.remove(next(item for item in self._items if isinstance(item, bytes)))
            self.dropped_frames += 1
        self._items.append(frame)
        self._ready.set()

    def put_event(self, text: str) -> bool:
        """Queue an event and return True, or return False where there are too many."""
        if self._events >= MAX_EVENTS or self._ended:
            return self._ended
        self._items.append(text)
        self._events += 1
        self._ready.set()
        return True

    def end(self, lost: LineLost | None = None) -> None:
        """End after what is queued: the caller hung up, or, with `lost`, the line broke.

        Only the first end counts.
        """
        if not self._ended:
            self._ended, self._end = True, lost
            self._ready.set()

    async def get(self) -> Incoming | None:
        """Return the next item, None at the end; raise `LineLost` where the line broke."""
        while not self._items:
            if self._ended:
                if self._end is not None:
                    raise self._end
                return None
            self._ready.clear()
            await self._ready.wait()
        item = self._items.popleft()
        self._events -= isinstance(item, str)
        return item
