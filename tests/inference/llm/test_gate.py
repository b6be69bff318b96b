from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import Exhausted
from inference.llm.gate import Gate
from tests.virtual_time import run_virtual


def test_first_come_first_served_and_the_rest_refused() -> None:
    order: list[str] = []

    async def work(gate: Gate, name: str) -> None:
        async with gate.enter():
            order.append(name)
            await asyncio.sleep(1)

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=2)
        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(work(gate, name))
                await asyncio.sleep(0)
            with pytest.raises(Exhausted, match="2 requests wait"):
                await work(gate, "d")

    run_virtual(main())
    assert order == ["a", "b", "c"]


def test_with_no_waiting_allowed_a_free_slot_is_still_given() -> None:
    async def main() -> None:
        gate = Gate(slots=1, max_waiting=0)
        async with gate.enter():
            with pytest.raises(Exhausted):
                async with gate.enter():
                    raise AssertionError("two in one slot")
        async with gate.enter():
            pass

    run_virtual(main())


def test_who_gives_up_waiting_leaves_the_place_to_others() -> None:
    async def wait(gate: Gate) -> None:
        async with gate.enter():
            pass

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=1)
        async with gate.enter():
            waiting = asyncio.create_task(wait(gate))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            another = asyncio.create_task(wait(gate))
            await asyncio.sleep(0)
        await another

    run_virtual(main())
