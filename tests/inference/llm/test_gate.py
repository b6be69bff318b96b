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


async def _hold(gate: Gate, name: str, order: list[str], *, guest: bool) -> None:
    async with gate.enter(guest=guest):
        order.append(name)
        await asyncio.sleep(1)


async def _line_up(tasks: asyncio.TaskGroup, gate: Gate, names: str, order: list[str]) -> None:
    """Let guests (`g`) and callers (any other) ask in the order of `names`."""
    for name in names:
        tasks.create_task(_hold(gate, name, order, guest=name in "gh"))
        await asyncio.sleep(0)


def test_conversations_go_before_guests() -> None:
    order: list[str] = []

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=9)
        async with asyncio.TaskGroup() as tasks:
            await _line_up(tasks, gate, "aghbc", order)

    run_virtual(main())
    assert "".join(order) == "abcgh"


def test_a_guest_who_comes_again_is_the_first_of_them_or_the_last() -> None:
    order: list[str] = []

    async def come_again(gate: Gate, name: str, *, behind: bool) -> None:
        async with gate.enter(guest=True, again=True, behind=behind):
            order.append(name)

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=9)
        async with asyncio.TaskGroup() as tasks:
            await _line_up(tasks, gate, "ag", order)
            assert gate.shared
            tasks.create_task(come_again(gate, "last", behind=True))
            tasks.create_task(come_again(gate, "first", behind=False))
        assert not gate.shared

    run_virtual(main())
    assert order == ["a", "first", "g", "last"]


def test_guests_leave_half_of_the_slots_to_conversations() -> None:
    order: list[str] = []

    async def main() -> None:
        gate = Gate(slots=4, max_waiting=9)
        async with asyncio.TaskGroup() as tasks:
            await _line_up(tasks, gate, "ghgabc", order)
            await asyncio.sleep(0)
            assert "".join(order) == "ghab"

    run_virtual(main())
    assert "".join(order[4:]) == "cg"


def test_guests_that_wait_keep_no_conversation_out() -> None:
    order: list[str] = []

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=2)
        async with asyncio.TaskGroup() as tasks:
            await _line_up(tasks, gate, "gghab", order)
            for guest, waiting in ((True, 4), (False, 2)):
                with pytest.raises(Exhausted, match=f"{waiting} requests wait"):
                    await _hold(gate, "x", order, guest=guest)

    run_virtual(main())
    assert "".join(order) == "gabgh"


def test_who_steps_aside_is_not_refused_and_goes_on_before_other_guests() -> None:
    order: list[str] = []

    async def step_aside(gate: Gate) -> None:
        async with gate.enter(guest=True):
            while not gate.wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
        async with gate.enter(guest=True, again=True):
            order.append("again")

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=1)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(step_aside(gate))
            await asyncio.sleep(0)
            await _line_up(tasks, gate, "ga", order)

    run_virtual(main())
    assert order == ["a", "again", "g"]


@pytest.mark.parametrize("guest", [True, False])
def test_who_is_let_in_just_as_it_gives_up_gives_its_slot_on(guest: bool) -> None:
    order: list[str] = []

    async def main() -> None:
        gate = Gate(slots=1, max_waiting=9)
        async with gate.enter():
            let_in = asyncio.create_task(_hold(gate, "x", order, guest=guest))
            gone = asyncio.create_task(_hold(gate, "y", order, guest=guest))
            await asyncio.sleep(0)
            gone.cancel()
        let_in.cancel()
        await asyncio.wait([let_in, gone])
        assert not gate.wanted
        await _hold(gate, "z", order, guest=guest)

    run_virtual(main())
    assert order == ["z"]


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
