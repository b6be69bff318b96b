"""Turns at the engine."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import Exhausted
from inference.asr.gate import Gate
from tests.virtual_time import run_virtual


async def visit(gate: Gate, name: str, urgency: int, order: list[str]) -> None:
    await gate.enter(urgency)
    order.append(name)
    await asyncio.sleep(1)
    gate.leave()


def test_urgent_first_then_by_arrival() -> None:
    async def main() -> list[str]:
        gate, order = Gate(1, 10), list[str]()
        async with asyncio.TaskGroup() as tasks:
            for name, urgency in [("first", 1), ("b", 1), ("c", 1), ("urgent", 0), ("too", 0)]:
                tasks.create_task(visit(gate, name, urgency, order))
        return order

    assert run_virtual(main()) == ["first", "urgent", "too", "b", "c"]


def test_as_many_at_once_as_there_are_places() -> None:
    async def main() -> float:
        gate = Gate(2, 10)
        async with asyncio.TaskGroup() as tasks:
            for number in range(6):
                tasks.create_task(visit(gate, str(number), 0, []))
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(3)


def test_who_gives_up_is_passed_over() -> None:
    async def main() -> tuple[list[str], int]:
        gate, order = Gate(1, 10), list[str]()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(visit(gate, "first", 0, order))
            impatient = tasks.create_task(visit(gate, "impatient", 0, order))
            tasks.create_task(visit(gate, "last", 0, order))
            await asyncio.sleep(0.5)
            impatient.cancel()
        return order, gate.waiting

    assert run_virtual(main()) == (["first", "last"], 0)


def test_a_place_given_to_one_who_gives_up_is_not_lost() -> None:
    async def main() -> list[str]:
        gate, order = Gate(1, 10), list[str]()
        await gate.enter(0)
        given = asyncio.create_task(visit(gate, "given", 0, order))
        await asyncio.sleep(0)
        gate.leave()
        given.cancel()
        await asyncio.gather(given, return_exceptions=True)
        await asyncio.wait_for(visit(gate, "next", 0, order), 5)
        return order

    assert run_virtual(main()) == ["next"]


def test_a_full_gate_refuses_at_once() -> None:
    async def main() -> None:
        gate = Gate(1, 1)
        await gate.enter(0)
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(gate.enter(0))
            await asyncio.sleep(0)
            with pytest.raises(Exhausted, match="1 pieces"):
                await gate.enter(0)
            waiting.cancel()

    run_virtual(main())
