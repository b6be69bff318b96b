"""`antiphon bench capacity`: how many sessions this machine carries with its p95 within a bound.

The number doubles until the p95 of voice to voice passes the bound, or a session is lost or unanswered; then
the gap is halved. `--write` saves it as what `[server] max_sessions` is where no setting says; with
simulated engines it says nothing of this machine's models, and is not saved.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from antiphon.errors import InvalidInput, Unavailable
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.calls.line import DESCRIPTIONS
from ops.bench.crowd.appliance import Asked, Delays, Setting, appliance, asked
from ops.bench.crowd.levels import Level, cpu
from ops.bench.figures import percentiles, rounded
from ops.bench.load import seconds_for
from ops.bench.machine import machine
from server.capacity import Capacity, capacity_file, write

# DESIGN: the answer starts within 500 to 750 ms.
BOUND_MS = 750.0
MOST = 128
DURATION_S = 30.0
# A machine that is shared hiccups: a load that fails is measured once more.
TRIES = 2
# Capacity is not known better than to a tenth from one run to the next.
GAP_SHARE = 0.1

Measure = Callable[[int], Awaitable[Level]]


async def run(options: Options) -> Result:
    """Find the capacity; save it where `--write` says so."""
    if options.write and options.engines is not Engines.REAL:
        raise InvalidInput(
            f"--write is of real engines: {options.engines} ones say nothing of how many sessions this "
            "machine's models carry; give --engines real"
        )
    most, bound_ms = options.sessions or MOST, options.bound_ms or BOUND_MS
    with asked(options) as questions:
        async with appliance(options, questions, most, most, Delays()) as setting:
            levels = await search(_measuring(options, questions, setting), most, bound_ms)
    capacity = max((level for level in levels if holds(level, bound_ms)), key=_size, default=None)
    context = _context(options, questions, setting, levels)
    if options.write:
        context["written"] = _save(capacity, bound_ms, options)
    return Result(_figures(levels, capacity, bound_ms), context)


async def search(measure: Measure, most: int, bound_ms: float) -> list[Level]:
    """Return all that was measured: first doubling, then halving what is between held and failed."""
    found: list[Level] = []
    held, sessions = 0, 1
    while True:
        found.append(await measure(sessions))
        if not holds(found[-1], bound_ms):
            break
        held = sessions
        if held == most:
            return found
        sessions = min(2 * sessions, most)
    failed = sessions
    while failed - held > max(1, GAP_SHARE * held):
        sessions = (held + failed) // 2
        found.append(await measure(sessions))
        if holds(found[-1], bound_ms):
            held = sessions
        else:
            failed = sessions
    return found


def holds(level: Level, bound_ms: float) -> bool:
    """Return whether every session was answered, nearly all of them in time."""
    p95_ms = level.p95_ms
    return level.carried and p95_ms is not None and p95_ms <= bound_ms


def _measuring(options: Options, questions: Asked, setting: Setting) -> Measure:
    bound_ms = options.bound_ms or BOUND_MS

    async def measure(sessions: int) -> Level:
        seconds = seconds_for(sessions, options.duration_s or DURATION_S, questions)
        for _ in range(TRIES):
            level = await setting.measure(sessions, seconds)
            options.progress.note(f"{sessions} sessions: p95 {level.p95_ms or float('nan'):.0f} ms")
            if holds(level, bound_ms):
                break
        return level

    return measure


def _figures(levels: Sequence[Level], capacity: Level | None, bound_ms: float) -> dict[str, Any]:
    return {
        "sessions": 0 if capacity is None else capacity.sessions,
        "bound_ms": bound_ms,
        "p95_ms": None if capacity is None else rounded(capacity.p95_ms or 0.0),
        "by_sessions": {
            level.sessions: {
                **percentiles(level.answered_ms),
                "turns": len(level.seen.turns),
                "loop_lag_p99_ms": level.cost.lag_p99_ms,
                "cpu": cpu(level),
            }
            for level in sorted(levels, key=_size)
        },
    }


def _context(
    options: Options, questions: Asked, setting: Setting, levels: Sequence[Level]
) -> dict[str, Any]:
    bound_ms = options.bound_ms or BOUND_MS
    failed = min((one for one in levels if not holds(one, bound_ms)), key=_size, default=None)
    return {
        "questions": questions.questions,
        "transport": DESCRIPTIONS[options.transport],
        "duration_s": options.duration_s or DURATION_S,
        "bounded_by": "nothing: as many as were to be tried"
        if failed is None
        else _why(failed, setting.service_cores),
    }


def _why(failed: Level, services: int) -> str:
    seen = failed.seen
    if seen.lost:
        return f"{failed.sessions} sessions: {seen.lost.most_common(1)[0][0]}"
    bound = failed.bounded_by(len(os.sched_getaffinity(0)), services)
    return f"{failed.sessions} sessions: {bound or 'latency alone; no processor, no loop was full'}"


def _save(capacity: Level | None, bound_ms: float, options: Options) -> str:
    if capacity is None:
        raise Unavailable(
            f"nothing is written: one session alone is not answered within {bound_ms:g} ms (p95); "
            "give a bound that this machine can keep with --bound-ms"
        )
    path = capacity_file()
    found = Capacity(
        sessions=capacity.sessions,
        p95_ms=rounded(capacity.p95_ms or 0.0),
        bound_ms=bound_ms,
        engines=options.engines,
        cpu=str(machine()["cpu"]),
        measured=datetime.now(UTC).date().isoformat(),
    )
    write(found, path)
    return str(path)


def _size(level: Level) -> int:
    return level.sessions


BENCH = Bench(
    "how many sessions this machine carries with voice to voice within a bound",
    run,
    engines=Engines.SIMULATED,
    extras=frozenset({"labels", "transport", "sessions", "duration", "bound-ms", "write"}),
)
