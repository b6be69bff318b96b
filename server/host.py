"""One session and the task that owns it, from its first line to the end of its last."""

from __future__ import annotations

import asyncio
from typing import Protocol

from antiphon.errors import AntiphonError, Conflict, Unavailable
from antiphon.failures import understand
from server.conversation.line import Line
from server.door import SessionEnd
from server.visit import Visit

# A phone changes cells in seconds, a laptop wakes in tens of them; after a minute a caller begins anew.
RESUME_S = 60.0


class Session(Protocol):
    """What is hosted."""

    async def run(self) -> None:
        """Live until `close`, or until the session ends itself; raise where it cannot go on."""
        ...

    async def attend(self, line: Line) -> None:
        """Converse over `line` until it is lost, or the client hung up and the session is closed."""
        ...

    def close(self) -> None:
        """End the session."""
        ...


class Host:
    """`live` is the task; `receive` gives it a line, at once and any number of times."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._current: Visit | None = None
        self._next: Visit | None = None
        self._came = asyncio.Event()
        self._waits_since: float | None = None
        # What its line is told where the session is cancelled.
        self.parting = _ended()
        # How it ended, once it has.
        self.end = SessionEnd.HUNG_UP

    @property
    def waits_since(self) -> float | None:
        """When the session lost its line, while it waits for another one."""
        return None if self._next is not None else self._waits_since

    def receive(self, visit: Visit) -> None:
        """Go on over `visit`; a line that still stands is cut."""
        for before in (self._current, self._next):
            if before is not None:
                before.cut(Conflict("another line took over this session", reason="SUPERSEDED"))
        if self._next is not None:
            self._next.end()
        self._next = visit
        self._came.set()

    def close(self, visit: Visit) -> None:
        """End the session, unless it goes on over another line than `visit`."""
        if visit is (self._next or self._current):
            self._session.close()

    async def live(self) -> None:
        """Run the session over one line after the other, until it is over or nobody came back in time."""
        problem: AntiphonError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                attending = tasks.create_task(self._attend())
                await self._session.run()
                attending.cancel()
        except asyncio.CancelledError:
            problem, self.end = self.parting, SessionEnd.DISMISSED
            raise
        except Exception as error:  # noqa: BLE001 - a session's boundary: the others go on
            problem, self.end = understand(error, "a session"), SessionEnd.FAILED
        finally:
            if self._current is not None:
                self._current.end(problem)
            if self._next is not None:
                self._next.end(problem or _ended())

    async def _attend(self) -> None:
        while (visit := await self._next_visit()) is not None:
            self._current = visit
            await self._session.attend(visit.line)
            self._current, self._waits_since = None, asyncio.get_running_loop().time()
            visit.end()
        self._session.close()

    async def _next_visit(self) -> Visit | None:
        try:
            async with asyncio.timeout(RESUME_S):
                await self._came.wait()
        except TimeoutError:
            self.end = SessionEnd.LOST
            return None
        self._came.clear()
        visit, self._next, self._waits_since = self._next, None, None
        return visit


def _ended() -> Unavailable:
    return Unavailable("the session has ended", reason="SESSION_ENDED")
