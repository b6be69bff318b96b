"""The processes of callers, as the benchmark that measures sees them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from antiphon.errors import Unavailable
from ops.bench.crowd.conversation import Turn
from ops.bench.crowd.generator import Plan
from ops.settings import REPOSITORY

# At a hundredth of a core a caller, a process with so many is far from the bound of its own loop.
CALLERS_A_PROCESS = 32
# The turns of 32 callers in ten minutes are 1 MB.
MAX_LINE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """What all callers saw in a stretch of time; `late_ms` and `behind_ms` are the worst process's p99.

    `lost` are the calls that ended since the stretch before, those that were never let in included.
    """

    turns: list[Turn]
    talking: int
    cpu_share: float
    late_ms: float
    behind_ms: float
    lost: Counter[str] = field(default_factory=Counter)
    refused_ms: list[float] = field(default_factory=list)
    admitted: int = 0
    otherwise: int = 0


class Generators:
    """Made by `generating`: callers are dealt to the processes in turn."""

    def __init__(self, processes: Sequence[asyncio.subprocess.Process]) -> None:
        self._processes = processes
        self._callers = 0

    def __len__(self) -> int:
        return self._callers

    async def call(self, callers: int) -> None:
        """Have so many: let the last that came leave, or add some, evenly over the time of a turn.

        Those whose calls have ended call again.
        """
        added, leaving = range(self._callers, callers), range(callers, self._callers)
        self._callers = callers
        if leaving:
            await self._order([{"leave": len(dealt)} for dealt in self._dealt(leaving)])
        await self._order([{"call": list(dealt)} for dealt in self._dealt(added)])

    async def talk(self, seconds: float, knockers: int = 0) -> Seen:
        """Return what the callers saw for so long, `knockers` more of them at the door."""
        most = len(self._processes)
        shares = [(knockers + most - 1 - number) // most for number in range(most)]
        found = await self._order([{"talk": seconds, "knockers": share} for share in shares])
        return _joined(found)

    def _dealt(self, callers: range) -> list[range]:
        """Return each process's; callers are numbered, and dealt in turn."""
        most = len(self._processes)
        return [callers[(number - callers.start) % most :: most] for number in range(most)]

    async def _order(self, orders: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return await asyncio.gather(
            *(_obeyed(one, order) for one, order in zip(self._processes, orders, strict=True))
        )


@asynccontextmanager
async def generating(plan: Plan, callers: int) -> AsyncIterator[Generators]:
    """Have processes for so many callers; they end with the block."""
    processes: list[asyncio.subprocess.Process] = []
    try:
        while len(processes) * CALLERS_A_PROCESS < callers:
            processes.append(await _start(plan))
        yield Generators(processes)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _start(plan: Plan) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.bench.crowd.generator", json.dumps(asdict(plan))),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MAX_LINE_BYTES,
    )


async def _obeyed(process: asyncio.subprocess.Process, order: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    line = await process.stdout.readline()
    if not line:
        raise Unavailable("a process of callers has ended; see its lines above")
    found: dict[str, Any] = json.loads(line)
    return found


def _joined(found: Sequence[dict[str, Any]]) -> Seen:
    lost: Counter[str] = Counter()
    for one in found:
        lost.update(one["lost"])
    knocks = [one["knocks"] for one in found]
    return Seen(
        turns=[Turn(**turn) for one in found for turn in one["turns"]],
        talking=sum(one["talking"] for one in found),
        cpu_share=sum(one["cpu_share"] for one in found),
        late_ms=max(one["late_ms"] or 0.0 for one in found),
        behind_ms=max(one["behind_ms"] or 0.0 for one in found),
        lost=lost,
        refused_ms=[ms for one in knocks for ms in one["refused_ms"]],
        admitted=sum(one["admitted"] for one in knocks),
        otherwise=sum(one["otherwise"] for one in knocks),
    )
