"""What one client may do before all others have had their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

# What a socket reads at a time holds 5000 small events, and nothing between them waits. Another caller's
# frame of 20 ms may be late by a tenth of it.
SLICE_S = 0.002
# The clock of a loop stands still between two of its turns: what takes next to no time is counted.
MOST_WORKS = 50


class TimeSlice:
    """Of the loop's time, for one client."""

    def __init__(self) -> None:
        self._used_s = 0.0
        self._works = 0

    async def do(self, work: Awaitable[None]) -> None:
        """Do `work`, and then let others go first where the slice is used up."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await work
        self._used_s += loop.time() - began_s
        self._works += 1
        if self._used_s >= SLICE_S or self._works >= MOST_WORKS:
            self._used_s, self._works = 0.0, 0
            await asyncio.sleep(0)
