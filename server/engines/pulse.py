"""Whether an engine gives a sign of life, asked over and over on the channel of its calls.

A process that is dead breaks its connections, and every call learns it at once. One that is stopped, or
out of reach, breaks nothing: its calls would wait for as long as a slow engine may take. Its health service
answers within milliseconds however much it computes, so that silence there is told from slowness.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NoReturn, TypeVar

import grpc

from antiphon.errors import AntiphonError, Unavailable

log = logging.getLogger(__name__)

# Five questions a second cost either side less than a hundredth of a core.
ASK_S = 0.2
# Where this process itself was late, answers are there already, and read within one turn of its loop.
OWN_LAG_S = 0.05

SILENT, UNREACHABLE = "gives no sign of life", "is not reachable"


class Stalled(Unavailable):
    """A service neither answers nor fails."""


Problem = TypeVar("Problem", bound=AntiphonError)
# Answers whether the engine says that it serves; raises `AioRpcError` where it cannot be reached.
Check = Callable[[], Awaitable[bool]]


class Pulse:
    """One engine's. `watch` is a task; without it the engine is taken for well."""

    def __init__(self, service: str, sign_s: float = math.inf, *, ready: bool = True) -> None:
        self.service = service
        self._sign_s = sign_s
        self._away = ""  # how, once it was there
        self._seen = ready
        self._ready, self._unready = asyncio.Event(), asyncio.Event()
        self._watched = False
        self._hurry = asyncio.Event()
        self._known = asyncio.Event()
        self._known.set()
        self._bounds: set[asyncio.Timeout] = set()
        self._set_ready(ready)

    @property
    def ready(self) -> bool:
        """Whether it answered, when it was last asked, that it serves."""
        return self._ready.is_set()

    async def until_ready(self) -> None:
        """Return once it is; where a call has just failed, as it says after that."""
        await self._known.wait()
        await self._ready.wait()

    async def until_unready(self) -> None:
        """Return once it is not."""
        await self._unready.wait()

    async def watch(self, check: Check) -> NoReturn:
        """Ask until cancelled."""
        self._watched = True
        while True:
            self._hurry.clear()
            await self._ask(check)
            if not self._hurry.is_set():
                self._known.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_S):
                    await self._hurry.wait()

    @asynccontextmanager
    async def bound(self, patience_s: float | None) -> AsyncIterator[asyncio.Timeout]:
        """Raise `Unavailable` in the block once the engine is away, or has taken `patience_s`."""
        began_s = _now()
        try:
            async with asyncio.timeout(patience_s) as bound:
                self._bounds.add(bound)
                if self._away:
                    bound.reschedule(_now())
                try:
                    yield bound
                finally:
                    self._bounds.discard(bound)
        except TimeoutError:
            if self._away:
                raise self._is_away() from None
            raise self.hangs(f"sent nothing for {round(_now() - began_s, 1):g} s") from None

    def hangs(self, how: str) -> Stalled:
        """Return what is told of the engine where it has `how`."""
        return self.ours(Stalled(f"the {self.service} service has {how}; see `antiphon status`"))

    def note(self, problem: Problem) -> Problem:
        """Return `problem`, which ended a call, as one of this engine's; ask at once how it is."""
        self._hurry.set()
        if self._watched:
            self._known.clear()
        return self.ours(problem)

    async def _ask(self, check: Check) -> None:
        asking = asyncio.ensure_future(check())
        try:
            answered, _ = await asyncio.wait({asking}, timeout=self._sign_s)
            if not answered:
                answered, _ = await asyncio.wait({asking}, timeout=OWN_LAG_S)
        finally:
            asking.cancel()
        if not answered:
            self._lose(SILENT)
            return
        try:
            serves = asking.result()
        except (grpc.aio.AioRpcError, asyncio.CancelledError):
            self._lose(UNREACHABLE)
        else:
            self._away = ""
            self._turn(serves=serves)

    def _turn(self, *, serves: bool) -> None:
        if serves == self.ready:
            return
        log.warning("the %s service is %s", self.service, "ready" if serves else "not ready")
        if serves:
            self._seen = True
        self._set_ready(serves)

    def _set_ready(self, ready: bool) -> None:
        if ready:
            self._ready.set()
            self._unready.clear()
        else:
            self._ready.clear()
            self._unready.set()

    def _lose(self, how: str) -> None:
        """Note that it is away: nothing waits for it any more. One that was never there may be starting."""
        self._set_ready(False)
        if not self._seen:
            return
        if not self._away:
            log.warning("the %s service %s", self.service, how)
        self._away = how
        for bound in self._bounds:
            if not bound.expired():
                bound.reschedule(_now())

    def _is_away(self) -> Unavailable:
        message = f"the {self.service} service {self._away}; see `antiphon status`"
        return self.ours(Stalled(message) if self._away == SILENT else Unavailable(message))

    def ours(self, problem: Problem) -> Problem:
        """Return `problem` as one of this engine's."""
        problem.service = self.service
        return problem


def _now() -> float:
    return asyncio.get_running_loop().time()
