"""The sessions of this process: who has a seat, and which of them wait for their client to come back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from openai.types import realtime as oai

from antiphon.errors import AntiphonError, Exhausted, NotFound
from antiphon.in_flight import PARTING_S, stopping
from antiphon.observability.loop_lag import LoopLag
from server.conversation.line import Line
from server.conversation.outbox import Outgoing
from server.door import UNWATCHED, Door, Transport, Wanted, why
from server.host import RESUME_S, Host, Session
from server.visit import Visit

TOKEN_PREFIX = "rt_"
TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client asks for as it connects: a session that begins with `updates`, or the one it had."""

    updates: tuple[oai.SessionUpdateEvent, ...] = ()
    resume_token: str = ""
    transport: Transport = Transport.WEBSOCKET


# Makes a session that tells its client the token, or raises `InvalidInput` for what the opening asks.
OpenSession = Callable[[Opening, str], Session]
Deliver = Callable[[Outgoing], Awaitable[None]]


@asynccontextmanager
async def hosting(
    open_session: OpenSession, max_sessions: int, door: Door = UNWATCHED
) -> AsyncIterator[Sessions]:
    """Host sessions for the length of the block; those that are left are ended with it."""
    async with asyncio.TaskGroup() as tasks:
        sessions = Sessions(open_session, max_sessions, tasks, door)
        try:
            yield sessions
        finally:
            sessions.end()


class Sessions:
    """Made by `hosting`. A session keeps its seat while it waits, unless a new caller finds no other."""

    def __init__(
        self,
        open_session: OpenSession,
        max_sessions: int,
        tasks: asyncio.TaskGroup,
        door: Door = UNWATCHED,
    ) -> None:
        self.max_sessions = max_sessions
        self.lag = LoopLag()
        self._open_session = open_session
        self._tasks = tasks
        self._door = door
        self._hosts: dict[str, Host] = {}
        self._living: dict[str, asyncio.Task[None]] = {}
        self._reserved = 0
        self._draining = False
        self._lines = 0
        self._no_lines = asyncio.Event()

    @property
    def held(self) -> int:
        """How many sessions there are, with those that wait for their client."""
        return len(self._hosts)

    @property
    def draining(self) -> bool:
        """Whether nobody new is let in any more."""
        return self._draining

    @property
    def free_seats(self) -> int:
        """How many more sessions there is room for."""
        waiting = sum(host.waits_since is not None for host in self._hosts.values())
        return self.max_sessions - self._reserved - len(self._hosts) + waiting

    @contextmanager
    def seat(self, opening: Opening) -> Iterator[Seat]:
        """Hold a seat, before any media is set up, until the end of the block.

        Raises `Exhausted` where all are taken, `NotFound` for a session that is no longer, and
        `InvalidInput` for what cannot be. While the appliance drains, `Unavailable` for a new session; one
        that lost its line may go on.
        """
        if self._draining and opening.resume_token not in self._hosts:
            raise self._refused(stopping())
        if opening.resume_token:
            self._find(opening.resume_token)
            yield Seat(self, opening.resume_token, None)
            return
        if self.free_seats <= 0:
            raise self._refused(
                Exhausted(
                    f"all {self.max_sessions} sessions are taken; try again later",
                    reason="SESSIONS_FULL",
                )
            )
        token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        seat = Seat(self, token, self._open_session(opening, token), opening.transport)
        # Last, since an opening that cannot be must not cost anybody a session.
        self._make_room()
        self._reserved += 1
        try:
            yield seat
        finally:
            self._reserved -= seat.session is not None

    async def attend(self, seat: Seat, line: Line) -> None:
        """See `Seat.attend`."""
        if seat.closed:
            line.outbox.close()
            return
        visit = seat.visit = Visit(line)
        self._lines += 1
        self._no_lines.clear()
        try:
            self._host(seat).receive(visit)
            await visit.ended
        except asyncio.CancelledError:
            if visit.hung_up:
                # It is being heard out, and now nobody listens.
                self.close(seat)
            raise
        finally:
            visit.cut()
            self._lines -= 1
            if not self._lines:
                self._no_lines.set()

    def close(self, seat: Seat) -> None:
        """See `Seat.close`."""
        seat.closed = True
        host = self._hosts.get(seat.token)
        if host is not None and seat.visit is not None:
            host.close(seat.visit)

    async def drain(self, grace_s: float) -> None:
        """Let nobody new in, and return once all lines have ended or `grace_s` is over.

        Sessions that wait for their client hold nothing up.
        """
        self._draining = True
        await self._until_no_lines(grace_s)

    async def dismiss(self) -> None:
        """End every session, and tell whoever is on a line why; within a bound."""
        for host in self._hosts.values():
            host.parting = stopping()
        self.end()
        await self._until_no_lines(PARTING_S)

    def end(self) -> None:
        """End every session."""
        for task in self._living.values():
            task.cancel()

    async def _until_no_lines(self, within_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                if self._lines:
                    await self._no_lines.wait()

    def _host(self, seat: Seat) -> Host:
        """Return the host of the seat's session; a new one's life begins with it."""
        if seat.session is None:
            return self._find(seat.token)
        host, seat.session = Host(seat.session), None
        self._reserved -= 1
        self._hosts[seat.token] = host
        self._living[seat.token] = self._tasks.create_task(
            self._live(seat.token, host, seat.transport)
        )
        return host

    async def _live(self, token: str, host: Host, transport: Transport) -> None:
        try:
            await host.live()
        finally:
            self._forget(token)
            self._door.ended(transport, host.end)

    def _refused(self, problem: AntiphonError) -> AntiphonError:
        self._door.refused(Wanted.CONVERSATION, why(problem))
        return problem

    def _find(self, token: str) -> Host:
        host = self._hosts.get(token)
        if host is None:
            raise NotFound(
                f"no session has this resume token: it has ended, or more than {RESUME_S:.0f} s have "
                "passed; connect without it",
                reason="SESSION_NOT_FOUND",
                param="resume_token",
            )
        return host

    def _make_room(self) -> None:
        """End the session that has waited longest, where only those have the seats that are free."""
        if self._reserved + len(self._hosts) < self.max_sessions:
            return
        _, longest = min(
            (since, token)
            for token, host in self._hosts.items()
            if (since := host.waits_since) is not None
        )
        self._living[longest].cancel()
        self._forget(longest)

    def _forget(self, token: str) -> None:
        self._hosts.pop(token, None)
        self._living.pop(token, None)


class Seat:
    """Made by `Sessions.seat`. `session` is what begins with the first line; None where one goes on."""

    def __init__(
        self,
        sessions: Sessions,
        token: str,
        session: Session | None,
        transport: Transport = Transport.WEBSOCKET,
    ) -> None:
        self._sessions = sessions
        self.transport = transport
        self.token = token
        self.session = session
        self.visit: Visit | None = None
        self.closed = False

    async def attend(self, line: Line) -> None:
        """Converse over `line` until it or the session has ended; its outbox is closed then.

        Raises the `AntiphonError` that ended the session, or `Conflict` where another line took it over.
        Cancelling loses the line, and the session waits for another one.
        """
        await self._sessions.attend(self, line)

    def close(self) -> None:
        """End the session now: its client is gone for good, and hears nothing more.

        Does nothing where another line has taken the session over.
        """
        self._sessions.close(self)

    async def converse(self, line: Line, deliver: Deliver) -> None:
        """Attend, and give everything that the session sends to `deliver` before the end is told."""
        attending = asyncio.create_task(self.attend(line))
        try:
            async for item in line.outbox:
                await deliver(item)
            await attending
        finally:
            # First of all: nobody reads any more, and the session's last words must not wait.
            line.outbox.close()
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)
