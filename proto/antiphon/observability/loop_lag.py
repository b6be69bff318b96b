"""How late the loop of this process runs what is due: a voice's frames are as late."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NoReturn

from prometheus_client import CollectorRegistry, Histogram

from antiphon.observability.registry import SHORT_BUCKETS_S

# As often as a frame is due; a thousandth of a core.
TICK_S = 0.02
KEPT_S = 60.0


class LoopLag:
    """`watch` is a task; `over_ms` tells what it has seen, and `note` is told each of it, in seconds."""

    def __init__(self) -> None:
        self.note: Callable[[float], None] | None = None
        self._seen: deque[tuple[float, float]] = deque(maxlen=round(KEPT_S / TICK_S))

    async def watch(self) -> NoReturn:
        """Note how late each of many timers is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            late_s = loop.time() - due_s
            self._seen.append((loop.time(), late_s * 1000))
            if self.note is not None:
                self.note(late_s)

    def over_ms(self, seconds: float) -> list[float]:
        """Return how late timers were in the last `seconds`, at most a minute, in ms."""
        since_s = asyncio.get_running_loop().time() - seconds
        return [late_ms for at_s, late_ms in self._seen if at_s >= since_s]


def lag_histogram(registry: CollectorRegistry) -> Histogram:
    """Return where a process's lag is counted, in seconds."""
    return Histogram(
        "antiphon_event_loop_lag_seconds",
        "How late the event loop ran what was due, looked at every 20 ms.",
        buckets=SHORT_BUCKETS_S,
        registry=registry,
    )
