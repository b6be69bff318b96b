"""The processes of callers: how orders are dealt among them, and one that is real."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import Unavailable
from ops.bench.bench import Transport
from ops.bench.crowd import generators
from ops.bench.crowd.generator import Plan
from ops.bench.crowd.generators import Generators, Seen, generating
from ops.bench.crowd.questions import write
from tests.ops.bench.crowd.made import question

ANSWER: dict[str, Any] = {
    "turns": [{"question": "a", "voice_to_voice_ms": 500.0, "cut_off": False}],
    "late_ms": 3.0,
    "behind_ms": 4.0,
    "cpu_share": 0.25,
    "talking": 2,
    "lost": {"gone": 1},
    "knocks": {"refused_ms": [5.0], "admitted": 1, "otherwise": 2},
}


class Process:
    """Answers every order with one line; is its own pipes."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.orders: list[dict[str, Any]] = []
        self.stdin = self.stdout = self
        self._answer = b"" if answer is None else json.dumps(answer).encode()

    def write(self, line: bytes) -> None:
        self.orders.append(json.loads(line))

    async def readline(self) -> bytes:
        return self._answer


def _generators(*processes: Process) -> Generators:
    return Generators(processes)  # type: ignore[arg-type]


def test_callers_are_dealt_in_turn_and_leave_as_they_came() -> None:
    async def main() -> None:
        first, second = Process(ANSWER), Process(ANSWER)
        dealing = _generators(first, second)
        for callers in (1, 4, 7, 5, 0, 2, 2):
            await dealing.call(callers)
            assert len(dealing) == callers
        assert first.orders == [
            {"call": [0]},
            {"call": [2]},
            {"call": [4, 6]},
            {"leave": 1},
            {"call": []},
            {"leave": 3},
            {"call": []},
            {"call": [0]},
            {"call": []},
        ]
        assert second.orders == [
            {"call": []},
            {"call": [1, 3]},
            {"call": [5]},
            {"leave": 1},
            {"call": []},
            {"leave": 2},
            {"call": []},
            {"call": [1]},
            {"call": []},
        ]

    asyncio.run(main())


def test_what_all_of_them_saw_is_put_together() -> None:
    async def main() -> None:
        processes = [Process(ANSWER), Process({**ANSWER, "late_ms": 7.0}), Process(ANSWER)]
        found = await _generators(*processes).talk(5.0, knockers=7)
        assert [one.orders[0]["knockers"] for one in processes] == [3, 2, 2]
        assert (len(found.turns), found.talking, found.cpu_share) == (3, 6, 0.75)
        assert (found.late_ms, found.behind_ms) == (7.0, 4.0)
        assert found.lost == Counter({"gone": 3})
        assert (found.refused_ms, found.admitted, found.otherwise) == ([5.0] * 3, 3, 6)

    asyncio.run(main())


def test_a_process_that_has_ended_is_told() -> None:
    async def main() -> None:
        with pytest.raises(Unavailable, match="has ended"):
            await _generators(Process(None)).talk(1.0)

    asyncio.run(main())


def test_processes_are_as_many_as_callers_need_and_end_with_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generators, "CALLERS_A_PROCESS", 1)
    write([question()], tmp_path)
    plan = Plan(str(tmp_path), str(tmp_path), Transport.WEBSOCKET, simulated=True)

    async def main() -> Seen:
        async with asyncio.timeout(60), generating(plan, 2) as two:
            found = await two.talk(0.1)
            processes = two._processes
        assert [process.returncode for process in processes] == [-9, -9]
        return found

    found = asyncio.run(main())
    assert (found.turns, found.talking, found.lost) == ([], 0, Counter())
