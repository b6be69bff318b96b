"""Questions, turns and loads that nobody had to speak or carry."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from ops.bench.crowd.conversation import Turn
from ops.bench.crowd.generators import Seen
from ops.bench.crowd.levels import Level
from ops.bench.crowd.meter import Cost
from ops.bench.crowd.questions import Question
from ops.bench.data import Clip


def question(name: str = "a.wav", last_ms: float = 400.0) -> Question:
    """Return a question of a second, of which the first `last_ms` are loud."""
    samples = np.zeros(24_000, np.int16)
    samples[: round(last_ms * 24)] = 8000
    return Question(name, "some words", 300, last_ms, samples)


def clip(name: str = "a.wav", **row: str) -> Clip:
    """Return a row of a manifest; its file need not exist."""
    told = {"file": name, "language": "en", "kind": "turn", **row}
    return Clip(Path(name), float(row.get("seconds", "3")), row.get("said", "hi"), told)


def turn(ms: float | None, question: str = "a.wav", *, cut_off: bool = False) -> Turn:
    """Return a turn."""
    return Turn(question, ms, cut_off)


def seen(
    *turns: Turn,
    talking: int = 1,
    cpu: float = 0.1,
    late_ms: float = 1.0,
    behind_ms: float = 1.0,
) -> Seen:
    """Return what callers saw, all of whom were there to the end."""
    return Seen(list(turns), talking, cpu, late_ms, behind_ms, Counter())


def level(
    sessions: int,
    ms: float | None = 500.0,
    *,
    asr: float = 0.1,
    server: float = 0.1,
    lag_ms: float = 1.0,
    machine_cpu: float = 0.4,
) -> Level:
    """Return a load with a turn a session, each answered after `ms`."""
    turns = [turn(ms) for _ in range(sessions)]
    cost = Cost({"asr": asr, "server": server}, 100.0 + 2 * sessions, 0.5, lag_ms, machine_cpu)
    return Level(sessions, seen(*turns, talking=sessions), cost)
