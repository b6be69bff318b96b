"""A process of callers: `python -m ops.bench.crowd.generator PLAN`, PLAN being the `Plan` as JSON.

Orders come as lines of JSON, each answered with one when it is done: `{"call": [FIRST, ...]}` adds callers,
who begin with those questions, over the time of a turn, and those whose calls have ended call again;
`{"leave": N}` hangs up for the last of them; `{"talk": SECONDS, "knockers": N}` is answered with what was
seen meanwhile, and with who was lost since the last such order. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc

from antiphon.status import from_rpc_error
from ops.bench.bench import Transport
from ops.bench.calls.line import dial
from ops.bench.crowd.conversation import Conversation, Notes
from ops.bench.crowd.knocking import DOORS, knock
from ops.bench.crowd.questions import Question, read
from ops.bench.figures import percentiles
from ops.bench.services import Running, found_in

# Turns of different callers must not fall together: a turn takes some 9 s.
SPREAD_S = 9.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What all callers of a process share: where the gateway and the questions are, and how they call."""

    gateway: str
    questions: str
    transport: Transport
    simulated: bool


class Crowd:
    """The callers of this process."""

    def __init__(
        self, gateway: Running, questions: Sequence[Question], transport: Transport, simulated: bool
    ) -> None:
        self._gateway = gateway
        self._questions = questions
        self._transport = transport
        self._simulated = simulated
        self._notes = Notes()
        # Each with the question that it began with.
        self._calls: list[tuple[int, asyncio.Task[None]]] = []
        self._lost: Counter[str] = Counter()

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do one thing and return what came of it."""
        if "call" in order:
            return await self._call(order["call"])
        if "leave" in order:
            return await self._leave(order["leave"])
        return await self._talk(order["talk"], order.get("knockers", 0))

    async def close(self) -> None:
        """Hang up everywhere."""
        await self._leave(len(self._calls))

    async def _call(self, firsts: Sequence[int]) -> dict[str, Any]:
        ended = [first for first, call in self._calls if call.done()]
        self._calls = [(first, call) for first, call in self._calls if not call.done()]
        calling = [*ended, *firsts]
        for first in calling:
            self._calls.append((first, asyncio.create_task(self._hold(first))))
            await asyncio.sleep(SPREAD_S / len(calling))
        return {"talking": self._talking}

    async def _leave(self, callers: int) -> dict[str, Any]:
        leaving = [call for _, call in self._calls[len(self._calls) - callers :]]
        del self._calls[len(self._calls) - callers :]
        for call in leaving:
            call.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        return {"talking": self._talking}

    @property
    def _talking(self) -> int:
        return sum(not call.done() for _, call in self._calls)

    async def _talk(self, seconds: float, knockers: int) -> dict[str, Any]:
        notes = self._notes = Notes()
        began_s, cpu_s = time.perf_counter(), time.process_time()
        door = DOORS[self._transport]
        knocks, _ = await asyncio.gather(
            knock(knockers, seconds, door, self._gateway), asyncio.sleep(seconds)
        )
        took_s = time.perf_counter() - began_s
        lost, self._lost = self._lost, Counter()
        return {
            "turns": [asdict(turn) for turn in notes.turns],
            "late_ms": percentiles(notes.late_ms, (99,)).get("p99"),
            "behind_ms": percentiles(notes.behind_ms, (99,)).get("p99"),
            "cpu_share": (time.process_time() - cpu_s) / took_s,
            "talking": self._talking,
            "lost": dict(lost),
            "knocks": asdict(knocks),
        }

    async def _hold(self, first: int) -> None:
        try:
            async with dial(self._transport, self._gateway) as line:
                await Conversation(
                    line, self._questions, first, lambda: self._notes, simulated=self._simulated
                ).hold()
        except Exception as error:  # noqa: BLE001 - the boundary of a call: the others go on
            self._lost[why(error)] += 1


def why(error: Exception) -> str:
    """Return what ended a call, short enough to be counted."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, grpc.aio.AioRpcError):
        error = from_rpc_error(error, "gateway")
    return f"{type(error).__name__}: {error}"


async def serve(plan: Plan, orders: asyncio.StreamReader) -> None:
    """Obey until there are no more orders."""
    questions = read(Path(plan.questions))
    gateway = found_in(Path(plan.gateway))
    crowd = Crowd(gateway, questions, Transport(plan.transport), plan.simulated)
    try:
        while line := await orders.readline():
            print(json.dumps(await crowd.obey(json.loads(line))), flush=True)
    finally:
        await crowd.close()


async def main(plan: str) -> None:
    """Serve standard input."""
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    await serve(Plan(**json.loads(plan)), orders)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
