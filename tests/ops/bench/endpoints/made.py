"""Pauses made up for tests."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from ops.bench.endpoints.listening import Pause
from ops.bench.endpoints.rows import Kind, Row
from ops.bench.endpoints.turns import Heard
from server.floor.endpointing import Evidence

EVIDENCE = Evidence("I want a mocha.", 0.99, 1500)
ROW = Row("a.wav", 0.5, 1000, 2000, Kind.INSIDE, "ann", "spontaneous")


def pause(end_ms: float = 1000, until_ms: float = 2000, **known: Any) -> Pause:
    return Pause(end_ms, end_ms + 192, until_ms, replace(EVIDENCE, **known))


def inside(until_ms: float = 2000, speaker: str = "ann", **known: Any) -> Heard:
    """Return a pause of `until_ms` minus 1000 ms."""
    row = replace(ROW, speaker=speaker, end_ms=until_ms)
    return Heard(row, (pause(until_ms=until_ms, **known),))


def end(speaker: str = "ann", **known: Any) -> Heard:
    return Heard(replace(ROW, speaker=speaker, kind=Kind.END), (pause(until_ms=inf, **known),))
