"""Takes turns at something scarce: the more urgent first, then the longer waiting."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

from antiphon.errors import Exhausted


class Gate:
    """Lets `places` through at once; at most `max_waiting` wait, further ones are refused."""

    def __init__(self, places: int, max_waiting: int) -> None:
        self._free = places
        self._max_waiting = max_waiting
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrival = count()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not turn.done() for *_, turn in self._waiting)

    async def enter(self, urgency: int) -> None:
        """Wait for a place, the lower `urgency` first; who enters must `leave`."""
        if self._free:
            self._free -= 1
            return
        if self.waiting >= self._max_waiting:
            raise Exhausted(
                f"{self._max_waiting} pieces of speech wait for the engine already; try again shortly"
            )
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._arrival), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # The place may have been given just before the cancellation came.
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next who still waits."""
        while self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
