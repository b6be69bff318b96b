"""`antiphon chaos`: faults in mid-turn, and what callers hear of them.

All callers ask at about the same time; meanwhile one fault strikes, at a moment between the first caller's
first word and the last one's expected answer. `faults` counts the turns that it struck: begun, and not
answered yet or broken by it. `answer_ms` is from the turn's end, or from the fault where it was later,
to what is heard next, answer or apology; the turn's end is the last voiced sample and the silence that the
client asks for. `recovery_ms` is from the fault until the gateway says again that it is ready, and holds what
the fault itself lasts; `unready_after_ms` is from the fault until the gateway said that it was not, in the
`unready_share` of faults in which it did; `not_live` counts when it did not say that it lives.

Of engines that stand in for a card, deadlines are those of a card; the restart of a process is real.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.calls.line import DESCRIPTIONS
from ops.bench.crowd.appliance import asked as questions_asked
from ops.bench.crowd.questions import Question, read
from ops.bench.faults.caller import ANSWER_S, SILENCE_MS, Caller
from ops.bench.faults.faults import Fault, chosen
from ops.bench.faults.health import watching
from ops.bench.faults.hit import Blow, figures, losses
from ops.bench.faults.house import House, Kind, house, missing
from ops.settings import Settings

COUNTS = {Engines.SIMULATED: 100, Engines.REAL: 5}
# A process that starts takes one core for seconds. On two cores ten callers then wait 2 s at p95 for the end
# of their turn to be noticed, whatever the fault: that is the load's figure, and `bench load` has it.
SESSIONS_PER_CORE = 3
# Callers begin within so long of each other.
SPREAD_S = 1.0
# From the first words of the first question on, to the expected answer of the last.
FROM_S = 0.4
SEED = 1
# Both are worse for callers than what they stand for here: most appliances see no second fault that soon.
SUPERVISOR = {"steady_s": 1, "stall_s": 3}
REPLIES = '["Certainly, that is done for you.", "Thank you, that is all I need."]'


async def run(options: Options) -> Result:
    """Strike with each fault until `--count` turns were hit."""
    faults = chosen(options.faults)
    skipped = {name: why for name, fault in faults.items() if (why := missing(fault.kind))}
    wanted = options.count or COUNTS[options.engines]
    blows: list[Blow] = []
    with questions_asked(options) as prepared:
        questions = read(prepared.folder)
        for kind in Kind:
            of_kind = {
                name: fault
                for name, fault in faults.items()
                if fault.kind is kind and name not in skipped
            }
            if of_kind:
                async with house(kind, _tables(options)) as found:
                    blows += await Storm(options, found, questions).rage(of_kind, wanted)
    apology = Settings.load().agent.apology
    result = figures(blows, apology, ANSWER_S * 1000)
    return Result(result, _context(options, blows, skipped, wanted))


class Storm:
    """The rounds in one house."""

    def __init__(self, options: Options, found: House, questions: Sequence[Question]) -> None:
        self._options = options
        self._house = found
        self._questions = questions
        self._apology = Settings.load().agent.apology
        self._random = random.Random(SEED)
        simulated = options.engines is Engines.SIMULATED
        self._callers = [
            Caller(found.services, options.transport, self._apology, simulated=simulated)
            for _ in range(_sessions(options))
        ]

    async def rage(self, faults: Mapping[str, Fault], wanted: int) -> list[Blow]:
        """Return the blows of each fault in turn, as many as it takes to hit `wanted` turns with each."""
        blows: list[Blow] = []
        left = dict.fromkeys(faults, wanted)
        async with asyncio.TaskGroup() as tasks:
            talking = [tasks.create_task(caller.talk()) for caller in self._callers]
            for nth in count():
                for name in [name for name, missing in left.items() if missing > 0]:
                    blow = await self._round(name, faults[name], nth)
                    blows.append(blow)
                    left[name] -= self._hits(blow)
                    self._options.progress.note(f"{name}: {max(left[name], 0)} turns to go")
                if all(missing <= 0 for missing in left.values()):
                    break
            for task in talking:
                task.cancel()
        return blows

    def _hits(self, blow: Blow) -> int:
        return sum(turn.hit(blow.struck_ms, self._apology) for turn in blow.turns)

    async def _round(self, name: str, fault: Fault, nth: int) -> Blow:
        await asyncio.gather(*(caller.ready() for caller in self._callers))
        dealt = [self._random.choice(self._questions) for _ in self._callers]
        async with asyncio.TaskGroup() as tasks:
            asking = [
                tasks.create_task(caller.ask(question, self._random.uniform(0, SPREAD_S)))
                for caller, question in zip(self._callers, dealt, strict=True)
            ]
            longest_s = max(question.last_ms for question in dealt) / 1000
            await asyncio.sleep(self._random.uniform(FROM_S, longest_s + SILENCE_MS / 1000))
            struck_ms = _now_ms()
            async with watching(self._house.services.http_socket) as health:
                async with fault.strike(self._house, nth):
                    pass
                await self._house.until_ready()
            recovery_ms = _now_ms() - struck_ms
        turns = [one.result() for one in asking]
        losses = [why for caller in self._callers for why in caller.losses()]
        unready_ms = health.unready_ms
        noticed_ms = None if unready_ms is None else unready_ms - struck_ms
        return Blow(name, struck_ms, recovery_ms, turns, losses, noticed_ms, health.dead)


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * 1000


def _sessions(options: Options) -> int:
    if options.sessions is not None:
        return options.sessions
    simulated = options.engines is Engines.SIMULATED
    return SESSIONS_PER_CORE * len(os.sched_getaffinity(0)) if simulated else 1


def _tables(options: Options) -> dict[str, Any]:
    common = {"server": {"max_sessions": 4 * _sessions(options)}, "supervisor": SUPERVISOR}
    if options.engines is Engines.REAL:
        return common
    simulated = {"engine": "simulated"}
    return {
        "asr": simulated,
        "llm": {**simulated, "max_waiting": 256, "simulated": {"replies": REPLIES}},
        "tts": simulated,
        "server": {**common["server"], "deadlines": _deadlines_of_a_card()},
        "supervisor": SUPERVISOR,
    }


def _deadlines_of_a_card() -> dict[str, Any]:
    card = Settings.load({**os.environ, "ANTIPHON_PROFILE": "gpu"})
    return card.server.deadlines.model_dump()


def _context(
    options: Options, blows: Sequence[Blow], skipped: Mapping[str, str], wanted: int
) -> dict[str, Any]:
    simulated = options.engines is Engines.SIMULATED
    return {
        "wanted": wanted,
        "callers": _sessions(options),
        "blows": len(blows),
        "skipped": dict(skipped),
        "lost": dict(losses(blows)),
        "transport": DESCRIPTIONS[options.transport],
        "turn_ends_after_ms": SILENCE_MS,
        "never_heard_again_counts_ms": ANSWER_S * 1000,
        "deadlines_ms": _deadlines_of_a_card() if simulated else "the defaults",
        "supervisor": SUPERVISOR,
    }


BENCH = Bench(
    "faults in mid-turn: sessions lost, how soon callers hear something, how soon all is well",
    run,
    engines=Engines.SIMULATED,
    extras=frozenset({"transport", "sessions", "faults", "count"}),
)
