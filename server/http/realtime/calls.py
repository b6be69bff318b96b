"""The calls of this process, by their identifiers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from antiphon.errors import NotFound
from antiphon.failures import understand
from server.access.grant import Grant
from server.http.realtime.call import Call, Peer
from server.sessions import Opening, Sessions

# OpenAI's prefix.
CALL_PREFIX = "rtc_"

# Answers an offer, or raises `InvalidInput` where it is none.
OpenPeer = Callable[[str], Awaitable[Peer]]


@asynccontextmanager
async def switchboard(sessions: Sessions, open_peer: OpenPeer) -> AsyncIterator[Calls]:
    """Serve calls for the length of the block; those that are left are cut off with it."""
    async with asyncio.TaskGroup() as tasks:
        calls = Calls(sessions, open_peer, tasks)
        try:
            yield calls
        finally:
            calls.end()


class Calls:
    """Made by `switchboard`."""

    def __init__(self, sessions: Sessions, open_peer: OpenPeer, tasks: asyncio.TaskGroup) -> None:
        self._sessions = sessions
        self._open_peer = open_peer
        self._tasks = tasks
        self._calls: dict[str, Call] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def begin(self, offer: str, opening: Opening, owner: str) -> Call:
        """Return a call that answers `offer`; it lasts until caller or session end it.

        Raises what `Sessions.seat` does, before any media is set up, and `InvalidInput` for the offer.
        """
        answered: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        running = self._tasks.create_task(self._run(offer, opening, owner, answered))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            return await answered
        except asyncio.CancelledError:
            running.cancel()
            raise

    def find(self, call_id: str, grant: Grant) -> Call:
        """Return a call that is `grant`'s to control; raise `NotFound` where there is none."""
        call = self._calls.get(call_id)
        if call is None or not grant.controls(call.owner):
            raise NotFound("there is no such call, or it is over", reason="CALL_NOT_FOUND")
        return call

    def end(self) -> None:
        """Cut off every call."""
        for running in self._running:
            running.cancel()

    async def _run(
        self, offer: str, opening: Opening, owner: str, answered: asyncio.Future[Call]
    ) -> None:
        try:
            with self._sessions.seat(opening) as seat:
                peer = await self._open_peer(offer)
                try:
                    call = Call(CALL_PREFIX + secrets.token_hex(16), owner, peer, seat)
                    answered.set_result(call)
                    await self._hold(call)
                finally:
                    await peer.close()
        except Exception as error:  # noqa: BLE001 - the boundary of a call
            problem = understand(error, "a call")
            if not answered.done():
                answered.set_exception(problem)

    async def _hold(self, call: Call) -> None:
        self._calls[call.id] = call
        try:
            await call.converse()
        finally:
            del self._calls[call.id]
            call.end()
