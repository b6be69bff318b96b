"""`antiphon bench soak`: many short sessions on one gateway, crowd after crowd; what it keeps of each.

Callers come over the time of a turn and hang up together, wherever they are: some have been answered, some
are spoken to, some have not said their first word. Between two crowds nobody is there, and memory and
descriptors are read; slopes are those of the straight line through these readings, without the first
sessions, in which the allocator takes what it then keeps. What a session leaves in cycles waits for a full
collection, of which there is one in 80 sessions: a saw of 15 MB, whose tooth is all that a run of a hundred
sessions sees.
"""

from __future__ import annotations

from typing import Any

from antiphon.errors import Unavailable
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.calls.line import DESCRIPTIONS
from ops.bench.crowd.appliance import Asked, Delays, Setting, appliance, asked
from ops.bench.endurance.picture import draw
from ops.bench.endurance.readings import WARM_SHARE, Reading, figures

SESSIONS = 1000
# Twelve seconds a crowd: a thousand sessions end within 13 minutes, and two cores are half idle.
CROWD = 16
TALK_S = 3.0
# Until what ended has been taken down: a closing handshake waits for its answer this long.
SETTLE_S = 1.0


async def run(options: Options) -> Result:
    """Hold so many sessions; with `--plot` draw every reading."""
    wanted = options.sessions or SESSIONS
    crowd = min(CROWD, wanted)
    with asked(options) as questions:
        async with appliance(options, questions, crowd, crowd, Delays()) as setting:
            readings, seen = await _soak(options, setting, wanted, crowd)
    if options.plot is not None:
        draw(readings, options.plot)
    return Result({**figures(readings), **seen}, _context(options, questions, crowd, readings))


async def _soak(
    options: Options, setting: Setting, wanted: int, crowd: int
) -> tuple[list[Reading], dict[str, Any]]:
    readings = [Reading(0, setting.meter.held())]
    turns = answered = lost = 0
    while (done := readings[-1].sessions) < wanted:
        now = min(crowd, wanted - done)
        await setting.generators.call(now)
        seen = await setting.generators.talk(TALK_S)
        await setting.generators.call(0)
        rest = await setting.generators.talk(SETTLE_S)
        turns += len(seen.turns)
        answered += sum(turn.voice_to_voice_ms is not None for turn in seen.turns)
        lost += (gone := (seen.lost + rest.lost).total())
        if gone == now:
            raise Unavailable(f"no session stood: {(seen.lost + rest.lost).most_common(1)[0][0]}")
        readings.append(Reading(done + now, setting.meter.held()))
        options.progress.note(f"{done + now} of {wanted} sessions: {readings[-1].told}")
    return readings, {"turns": turns, "answered": answered, "lost": lost}


def _context(
    options: Options, questions: Asked, crowd: int, readings: list[Reading]
) -> dict[str, Any]:
    return {
        "questions": questions.questions,
        "transport": DESCRIPTIONS[options.transport],
        "at_a_time": crowd,
        "readings": len(readings),
        "turns": f"those that ended in the last {TALK_S:g} s before a crowd hung up",
        "without_the_first": f"{WARM_SHARE:.0%} of the sessions",
        "rss_slope_kb_per_session": "the gateway's memory alone, nobody there",
    }


BENCH = Bench(
    "many short sessions one after the other: memory and descriptors that the gateway keeps",
    run,
    engines=Engines.SIMULATED,
    extras=frozenset({"plot", "labels", "transport", "sessions"}),
)
