"""`antiphon bench load`: many conversations at a time, and what one of them is like.

Callers are in processes of their own. Each asks a clip, listens to the answer, pauses, and asks the next; all
loads hear the same clips, one caller's load all of them. `added_ms` compares each answer with what the same
clip took there, so that the clips' own differences do not hide the load's.

Simulated engines take as long at any load, so that the figures are the gateway's, Silero's and the turn
model's. With `--growing` they take longer the more sessions there are, as is published.

At the last load all seats are taken: a few more callers come then, to see how soon they are told; with
`--offered` as many, and for as long, as it says.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from antiphon.errors import InvalidInput
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.calls.line import DESCRIPTIONS
from ops.bench.crowd.appliance import Asked, Delays, Setting, appliance, asked
from ops.bench.crowd.growth import grown
from ops.bench.crowd.knocking import AGAIN_S
from ops.bench.crowd.levels import Level, door, figures, refusals
from ops.bench.crowd.picture import draw

SESSIONS = 16
DURATION_S = 40.0
# A question, its answer and a pause: one caller alone goes through all questions.
TURN_S = 9.0
# Four a second, until the first would come again: each comes once.
KNOCKERS, KNOCK_S = 20, AGAIN_S


async def run(options: Options) -> Result:
    """Measure one session and `--sessions`; with a picture, every power of two between them."""
    if options.growing and options.engines is Engines.REAL:
        raise InvalidInput("--growing is of simulated engines: real ones take what they take")
    if options.growing and options.offered is not None:
        raise InvalidInput(
            "--offered is of delays that are the same at every load: leave out --growing"
        )
    sessions = options.sessions or SESSIONS
    steps = _steps(sessions, every=options.plot is not None)
    with asked(options) as questions:
        if options.growing:
            levels, setting, told = await _apart(options, questions, steps)
        else:
            async with appliance(options, questions, sessions, sessions, Delays()) as setting:
                levels = [await _measure(options, questions, setting, step) for step in steps]
                told = await _refusals(options, setting, levels[-1])
    if options.plot is not None:
        draw(levels, options.plot, growing=options.growing)
    found = {**figures(levels, setting.idle_mb), **told}
    return Result(found, _context(options, questions, setting, levels))


async def _apart(
    options: Options, questions: Asked, steps: Sequence[int]
) -> tuple[list[Level], Setting, dict[str, Any]]:
    """Measure each load with an appliance of its own, whose delays are those of the load."""
    levels = []
    for step in steps:
        async with appliance(options, questions, step, step, grown(step)) as setting:
            levels.append(await _measure(options, questions, setting, step))
            if step == steps[-1]:
                told = await _refusals(options, setting, levels[-1])
    return levels, setting, told


async def _measure(options: Options, questions: Asked, setting: Setting, sessions: int) -> Level:
    seconds = seconds_for(sessions, options.duration_s or DURATION_S, questions)
    options.progress.note(f"{sessions} sessions, for {seconds:.0f} s")
    return await setting.measure(sessions, seconds)


async def _refusals(options: Options, setting: Setting, full: Level) -> dict[str, Any]:
    """Return what becomes of callers for whom there is no room."""
    if options.offered is None:
        return door(await setting.overfill(KNOCKERS, KNOCK_S))
    others = (options.offered - 1) * full.sessions
    seconds = options.duration_s or DURATION_S
    options.progress.note(f"{others} more callers than there is room for, for {seconds:.0f} s")
    return refusals(await setting.overfill(others, seconds), full)


def seconds_for(sessions: int, duration_s: float, questions: Asked) -> float:
    """Return how long a load is measured: at least until every question has been asked."""
    return max(duration_s, TURN_S * questions.questions / sessions)


def _steps(sessions: int, *, every: bool) -> list[int]:
    powers = [1 << power for power in range(sessions.bit_length())] if every else [1]
    return sorted({*powers, sessions} | {1})


def _context(
    options: Options, questions: Asked, setting: Setting, levels: Sequence[Level]
) -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0))
    return {
        "questions": questions.questions,
        "clips_without_voice": questions.clips - questions.questions,
        "transport": DESCRIPTIONS[options.transport],
        "duration_s": options.duration_s or DURATION_S,
        "delays": "grow with the sessions, as published" if options.growing else "constant in load",
        "cores_apart": setting.cores_apart,
        "bounded_by": {
            level.sessions: level.bounded_by(cores, setting.service_cores) or "nothing"
            for level in levels
        },
        "rss_mb_per_session": "the gateway's memory alone",
        "at_the_door": f"{KNOCKERS} callers over {KNOCK_S:g} s, once each"
        if options.offered is None
        else f"{options.offered} times as many as there is room for",
        "lost": {level.sessions: dict(level.seen.lost) for level in levels if level.seen.lost},
    }


BENCH = Bench(
    "many callers at a time: latency, loop lag, processor and memory by load, refusals",
    run,
    engines=Engines.SIMULATED,
    extras=frozenset({"plot", "labels", "transport", "sessions", "duration", "growing", "offered"}),
)
