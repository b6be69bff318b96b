"""How many requests are in the engine, how many may wait for it, and who goes first.

Requests of conversations go before those of guests, whatever came first: a caller waits for every word.
Guests have half of an engine's slots at most, so that conversations always find the others. What is in the
only slot cannot be overtaken, so a guest asks `wanted` after each step, and comes back for what is left;
after some steps it asks `shared` too, and comes back behind the other guests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from antiphon.errors import Exhausted


class Gate:
    """Lets `slots` requests in at a time, each kind first come first served.

    A conversation's is refused where `max_waiting` of conversations wait, a guest's where as many of any
    kind do.
    """

    def __init__(self, slots: int, max_waiting: int) -> None:
        self._slots = self._free = slots
        self._free_to_guests = max(1, slots // 2)
        self._max_waiting = max_waiting
        self._callers: deque[asyncio.Future[None]] = deque()
        self._guests: deque[asyncio.Future[None]] = deque()

    @property
    def running(self) -> int:
        """How many requests are in the engine."""
        return self._slots - self._free

    @property
    def waiting(self) -> int:
        """How many requests wait for it."""
        return len(self._callers) + len(self._guests)

    @property
    def wanted(self) -> bool:
        """Whether a conversation waits for a slot."""
        return bool(self._callers)

    @property
    def shared(self) -> bool:
        """Whether a guest waits for a slot."""
        return bool(self._guests)

    @asynccontextmanager
    async def enter(
        self, *, guest: bool = False, again: bool = False, behind: bool = False
    ) -> AsyncGenerator[None, None]:
        """Wait for a slot and hold it; raise `Exhausted` at once where too many wait already.

        `again`: it was in before, so it is not refused, and is the first of the guests, or the last where it
        comes `behind`.
        """
        if self._open(guest):
            self._take(guest)
        else:
            await self._wait(guest, again, behind)
        try:
            yield
        finally:
            self._leave(guest)

    def _open(self, guest: bool) -> bool:
        return self._free > 0 and (not guest or self._free_to_guests > 0)

    def _refuse_beyond_bound(self, guest: bool) -> None:
        waiting = len(self._callers) + guest * len(self._guests)
        if waiting >= self._max_waiting:
            raise Exhausted(
                f"the language model is busy and {waiting} requests wait for it already, the most that "
                "[llm] max_waiting allows; try again in a moment"
            )

    async def _wait(self, guest: bool, again: bool, behind: bool) -> None:
        if not again:
            self._refuse_beyond_bound(guest)
        queue = self._guests if guest else self._callers
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.insert(0 if again and not behind else len(queue), turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # It was let in just as it gave up.
                self._leave(guest)
            elif turn in queue:
                queue.remove(turn)
            raise

    def _take(self, guest: bool) -> None:
        self._free -= 1
        self._free_to_guests -= guest

    def _leave(self, guest: bool) -> None:
        self._free += 1
        self._free_to_guests += guest
        self._let_in(self._callers, guest=False)
        self._let_in(self._guests, guest=True)

    def _let_in(self, queue: deque[asyncio.Future[None]], *, guest: bool) -> None:
        while queue and self._open(guest):
            turn = queue.popleft()
            if not turn.cancelled():
                self._take(guest)
                turn.set_result(None)
