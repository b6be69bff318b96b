"""Whether a process comes on with its work; where it does not, it ends itself, so that it is started again.

A call into a card's driver can hang for ever, on a thread that nobody can stop. Health goes on answering from
the event loop, and whoever starts again what has ended sees nothing that has.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

log = logging.getLogger(__name__)

# sysexits.h has it for what is wrong in a program itself; at 2 a service would not be started again.
HUNG = 70
TICK_S = 1.0


class Diligence:
    """The pieces of work that are under way: one that takes `hung_s` or more hangs.

    Seconds are counted, not read from a clock: a process that was stopped from outside for a while is well.
    """

    def __init__(self, hung_s: float) -> None:
        self._hung_s = hung_s
        self._now_s = 0
        self._begun_s: dict[object, int] = {}

    @contextmanager
    def piece(self) -> Iterator[None]:
        """Have a piece of work under way for the length of the block; from any thread."""
        piece = object()
        self._begun_s[piece] = self._now_s
        try:
            yield
        finally:
            del self._begun_s[piece]

    def tick(self) -> bool:
        """Count a second; return whether a piece hangs."""
        self._now_s += 1
        # Other threads begin pieces meanwhile; a copy is made in one.
        oldest_s = min(self._begun_s.copy().values(), default=self._now_s)
        return self._now_s - oldest_s >= self._hung_s

    async def keep(self, stop: asyncio.Event) -> None:
        """End this process once a piece hangs, or this loop, which is looked at too; until `stop`."""
        stopped = threading.Event()
        threading.Thread(target=self._watch, args=[stopped], name="diligence", daemon=True).start()
        try:
            while not stop.is_set():
                with self.piece(), suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):
                        await stop.wait()
        finally:
            stopped.set()

    def _watch(self, stopped: threading.Event) -> None:
        while not stopped.wait(TICK_S):
            if self.tick():
                log.critical(
                    "the engine has worked on one piece for %g s and is taken for hung; the process ends so "
                    "that it is started again",
                    self._hung_s,
                )
                # Nothing in order: that would wait for the thread that hangs.
                os._exit(HUNG)


UNKEPT = Diligence(math.inf)
