"""Whether this process is well: memory, descriptors, and how late its loop is; its log tells where not."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydantic import Field

from antiphon.observability.loop_lag import LoopLag
from antiphon.settings import Table

log = logging.getLogger(__name__)

# Memory and descriptors grow over minutes, and a loop that is late for seconds is seen at the next look.
LOOK_S = 5.0
STATM, DESCRIPTORS = Path("/proc/self/statm"), Path("/proc/self/fd")
MIB = 2**20


class VitalBounds(Table):
    """[server.vitals]: beyond which the log says so; 0: never."""

    # Against what grows without end; raise it together with [server] max_sessions.
    memory_mib: float = Field(2048.0, ge=0, allow_inf_nan=False)
    # Of those that the process may have: at all of them, callers are refused by the kernel.
    descriptors_share: float = Field(0.8, ge=0, le=1)
    # Of one timer in ten, between two looks: what is sent ahead of the ear is about as much.
    lag_ms: float = Field(100.0, ge=0, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was found at one look."""

    memory_mib: float
    descriptors: int
    most_descriptors: int
    lag_ms: float

    def beyond(self, bounds: VitalBounds) -> dict[str, str]:
        """Return what is beyond its bound, by the bound's name, in words."""
        share = self.descriptors / self.most_descriptors
        checks = (
            ("memory_mib", self.memory_mib, f"{self.memory_mib:.0f} MiB of memory"),
            (
                "descriptors_share",
                share,
                f"{self.descriptors} of {self.most_descriptors} descriptors",
            ),
            ("lag_ms", self.lag_ms, f"a loop that is {self.lag_ms:.0f} ms late"),
        )
        return {
            name: words
            for name, value, words in checks
            if (bound := getattr(bounds, name)) and value > bound
        }


async def watch(
    bounds: VitalBounds, lag: LoopLag, look: Callable[[LoopLag], Vitals] | None = None
) -> NoReturn:
    """Look every few seconds, and tell whenever something passes its bound or is back."""
    told: set[str] = set()
    while True:
        await asyncio.sleep(LOOK_S)
        found = (look or read)(lag).beyond(bounds)
        if set(found) != told:
            told = set(found)
            _tell(found)


def _tell(found: dict[str, str]) -> None:
    if found:
        log.warning("this process has %s: over [server.vitals]", ", ".join(found.values()))
    else:
        log.warning("this process is within [server.vitals] again")


def read(lag: LoopLag) -> Vitals:
    """Return how this process is now; `lag` is watched elsewhere."""
    pages = int(STATM.read_text().split()[1])
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    late_ms = sorted(lag.over_ms(LOOK_S))
    return Vitals(
        memory_mib=pages * resource.getpagesize() / MIB,
        descriptors=len(os.listdir(DESCRIPTORS)),
        most_descriptors=most,
        lag_ms=late_ms[len(late_ms) * 9 // 10] if late_ms else 0.0,
    )
