"""Readings of memory and descriptors between sessions, and their slopes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Any

from ops.bench.crowd.meter import Held
from ops.bench.figures import rounded
from ops.supervisor.plan import GATEWAY

# Arenas, pools of threads and caches fill in the first sessions.
WARM_SHARE = 0.2
KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """What each service holds after so many sessions, while nobody is there."""

    sessions: int
    held: Mapping[str, Held]

    @property
    def told(self) -> str:
        """The gateway's, for people."""
        gateway = self.held[GATEWAY]
        return f"{gateway.rss_kb / KIB_PER_MIB:.1f} MB, {gateway.descriptors} descriptors"


def figures(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return what MEASURES names for `soak`, and the same of every service."""
    names = list(readings[0].held)
    return {
        "sessions": readings[-1].sessions,
        "rss_slope_kb_per_session": rounded(slope(readings, GATEWAY, _rss_kb)),
        "fd_slope": rounded(slope(readings, GATEWAY, _descriptors)),
        "rss_mb": {
            "first": rounded(readings[0].held[GATEWAY].rss_kb / KIB_PER_MIB),
            "warm": rounded(_warm(readings)[0].held[GATEWAY].rss_kb / KIB_PER_MIB),
            "last": rounded(readings[-1].held[GATEWAY].rss_kb / KIB_PER_MIB),
        },
        "descriptors": {
            "first": readings[0].held[GATEWAY].descriptors,
            "last": readings[-1].held[GATEWAY].descriptors,
        },
        "by_service": {
            name: {
                "rss_slope_kb_per_session": rounded(slope(readings, name, _rss_kb)),
                "fd_slope": rounded(slope(readings, name, _descriptors)),
            }
            for name in names
        },
    }


def slope(readings: Sequence[Reading], name: str, of: Callable[[Held], float]) -> float:
    """Return by how much a service grows with a session, once warm; 0 where too little was read."""
    warm = _warm(readings)
    if len(warm) < 2:
        return 0.0
    values = [of(one.held[name]) for one in warm]
    return linear_regression([one.sessions for one in warm], values).slope


def _warm(readings: Sequence[Reading]) -> Sequence[Reading]:
    first = WARM_SHARE * readings[-1].sessions
    return [one for one in readings if one.sessions >= first]


def _rss_kb(held: Held) -> float:
    return held.rss_kb


def _descriptors(held: Held) -> float:
    return held.descriptors
