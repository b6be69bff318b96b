"""The same work one at a time, all at once, and beside work that never ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any, TypeVar

from ops.bench.figures import percentiles, rounded

# Callers at once, the one that is measured included.
STREAMS = 8
# Those beside a measured one have begun by then: with nothing to do, a first decode takes less.
LEAD_S = 1.0

# A service whose processor time stands still for so long computes nothing; its clock ticks every 10 ms.
QUIET_S = 0.2
# Longer than any decode; what works for longer works for somebody else.
QUIET_WITHIN_S = 10.0

T = TypeVar("T")
Do = Callable[[T], Awaitable[float]]  # returns how many seconds of audio that was


@dataclass(slots=True)
class Throughput:
    """Seconds of audio a second, round by round, one at a time and `STREAMS` at once."""

    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)

    async def measure(self, items: Sequence[T], do: Do[T]) -> None:
        """Do all of the items in turn, then the same all at once; every other time the other way round."""
        ways = [(self.alone, _in_turn), (self.together, _at_once)]
        for rates, way in reversed(ways) if len(self.alone) % 2 else ways:
            rates.append(await _rate(way(items, do)))

    @property
    def ratio(self) -> float:
        """What is gained by doing them at once: the median of rounds, each with its neighbour in time."""
        pairs = zip(self.together, self.alone, strict=True)
        return rounded(median(together / alone for together, alone in pairs))

    @property
    def figures(self) -> dict[str, float]:
        """Medians, by how many streams there were."""
        return {"1": rounded(median(self.alone)), str(STREAMS): rounded(median(self.together))}


@dataclass(slots=True)
class Delays:
    """How long one caller waited, in ms, alone and beside others."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)

    def ratio(self, rank: str) -> float | None:
        """Return a percentile beside others over the same alone, None where nothing came."""
        alone, beside = percentiles(self.alone), percentiles(self.beside)
        return rounded(beside[rank] / alone[rank]) if alone and beside else None

    @property
    def figures(self) -> dict[str, dict[str, float]]:
        """Percentiles of both."""
        return {"alone": percentiles(self.alone), "beside": percentiles(self.beside)}


@asynccontextmanager
async def beside(others: Sequence[Callable[[], Awaitable[Any]]]) -> AsyncIterator[None]:
    """Do each of the others again and again for the length of the block."""

    async def endlessly(do: Callable[[], Awaitable[Any]]) -> None:
        while True:
            await do()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(endlessly(do)) for do in others]
        await asyncio.sleep(LEAD_S)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def quiet(cpu_s: Callable[[], float]) -> None:
    """Wait until a service computes nothing: what it began for those who left is no part of what follows."""
    with suppress(TimeoutError):
        async with asyncio.timeout(QUIET_WITHIN_S):
            before_s, now_s = -1.0, cpu_s()
            while now_s != before_s:
                await asyncio.sleep(QUIET_S)
                before_s, now_s = now_s, cpu_s()


async def _rate(work: Awaitable[float]) -> float:
    clock = asyncio.get_running_loop().time
    started = clock()
    audio_s = await work
    return audio_s / (clock() - started)


async def _in_turn(items: Sequence[T], do: Do[T]) -> float:
    return sum([await do(item) for item in items])


async def _at_once(items: Sequence[T], do: Do[T]) -> float:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_seconds(do, item)) for item in items]
    return sum(task.result() for task in tasks)


async def _seconds(do: Do[T], item: T) -> float:
    return await do(item)
