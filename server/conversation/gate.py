"""Holds what a speculated turn says until it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from server.conversation.outbox import Outgoing
from server.conversation.wire import Wire

# Some 60 tokens, two spoken sentences: more is not worth writing on trust. The writer then waits.
MAX_HELD = 64


@dataclass(frozen=True, slots=True)
class Late:
    """What is made as it leaves, since what was not said yet depends on what is said until then."""

    make: Callable[[], Outgoing]


class Gate:
    """Closed at first; what it held when it is opened leaves before anything else."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._held: list[Outgoing | Late] = []
        self._opened = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether everything leaves at once."""
        return self._opened.is_set()

    async def open(self) -> None:
        """Let everything through, from now on for ever."""
        while self._held:
            held, self._held = self._held, []
            await self._send(*held)
        self._opened.set()

    async def passed(self) -> None:
        """Return once it is open."""
        await self._opened.wait()

    async def put(self, *items: Outgoing | Late) -> None:
        """Send `items`, or keep them; waits where enough is kept."""
        if not self.is_open and len(self._held) < MAX_HELD:
            self._held += items
            return
        await self.passed()
        await self._send(*items)

    async def _send(self, *items: Outgoing | Late) -> None:
        await self._wire.put(*(item.make() if isinstance(item, Late) else item for item in items))
