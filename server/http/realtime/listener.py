"""Whoever listens in to a call, and speaks up in it, without being its caller."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from openai import BaseModel

from antiphon.errors import AntiphonError
from server.conversation.outbox import stalled

# Some ten replies' events: whoever is so far behind has stopped reading, and the call does not wait.
MAX_HEARD = 256


class Listener:
    """Hears every event of the session; `say` sends it one, as the caller's own line would."""

    def __init__(self, say: Callable[[str], Awaitable[None]]) -> None:
        self.say = say
        self._heard: deque[BaseModel] = deque()
        self._news = asyncio.Event()
        self._over = False
        self._problem: AntiphonError | None = None

    def hear(self, event: BaseModel) -> None:
        """Take an event; never waits."""
        if len(self._heard) >= MAX_HEARD:
            self._problem = stalled()
            self.end()
        if not self._over:
            self._heard.append(event)
            self._news.set()

    def end(self) -> None:
        """End what is heard, after what was heard so far."""
        self._over = True
        self._news.set()

    async def events(self) -> AsyncIterator[BaseModel]:
        """Yield what is heard, to the end; raise `Exhausted` where it was not read in time."""
        while True:
            while self._heard:
                yield self._heard.popleft()
            if self._problem is not None:
                raise self._problem
            if self._over:
                return
            self._news.clear()
            await self._news.wait()
