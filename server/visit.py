"""A line while a session attends it: it can be lost from this end too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from antiphon.errors import AntiphonError
from server.conversation.line import Incoming, Line, LineLost


class Visit:
    """Hand `line` to the session, and wait for `ended`; `hung_up` tells that the client did."""

    def __init__(self, line: Line) -> None:
        self._given = line
        self._reading: asyncio.Timeout | None = None
        self._cut = False
        self._problem: AntiphonError | None = None
        self.hung_up = False
        self.line = replace(line, incoming=self._incoming())
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def cut(self, problem: AntiphonError | None = None) -> None:
        """Lose the line now; `problem` is what `ended` then raises."""
        self._cut = True
        self._problem = self._problem or problem
        # A session that waits for this line's client to read must not wait any longer.
        self._given.outbox.close()
        if self._reading is not None:
            self._reading.reschedule(asyncio.get_running_loop().time())

    def end(self, problem: AntiphonError | None = None) -> None:
        """Tell whoever waits that the session is done with the line, or that `problem` ended it."""
        self._given.outbox.close()
        problem = self._problem or problem
        if self.ended.done():
            return
        if problem is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(problem)

    async def _incoming(self) -> AsyncIterator[Incoming]:
        while not self._cut:
            try:
                async with asyncio.timeout(None) as self._reading:
                    item = await anext(self._given.incoming)
            except StopAsyncIteration:
                self.hung_up = True
                return
            except TimeoutError:
                break
            finally:
                self._reading = None
            yield item
        raise LineLost
