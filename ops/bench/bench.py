"""What a benchmark is, what it is asked for, and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ops.bench.progress import Progress


class Engines(StrEnum):
    """Whether models compute the answers."""

    REAL = "real"
    SIMULATED = "simulated"


class Transport(StrEnum):
    """How a caller reaches the gateway."""

    WEBSOCKET = "websocket"
    WEBRTC = "webrtc"
    GRPC = "grpc"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; None: the benchmark's own default."""

    data: Path | None = None
    engines: Engines = Engines.REAL
    limit: int | None = None
    plot: Path | None = None
    labels: Path | None = None
    transport: Transport = Transport.WEBSOCKET
    sessions: int | None = None
    duration_s: float | None = None
    growing: bool = False
    offered: int | None = None
    bound_ms: float | None = None
    write: bool = False
    faults: str | None = None
    count: int | None = None
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True, slots=True)
class Result:
    """Figures as MEASURES names them: nested, string keys, times in ms, shares 0 to 1, `wer*` percent.

    `context` says what was measured, with which settings, and which sample was taken.
    """

    figures: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark: what it measures in one line, its default engines, and how it runs.

    `extras` are those of the command line's further options that it knows, by their names there.
    """

    measures: str
    run: Callable[[Options], Awaitable[Result]]
    engines: Engines = Engines.REAL
    extras: frozenset[str] = frozenset()
