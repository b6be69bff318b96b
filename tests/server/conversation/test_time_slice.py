"""Others have their turn between one client's events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from server.conversation.time_slice import MOST_WORKS, SLICE_S, TimeSlice
from tests.virtual_time import VirtualTimeLoop, run_virtual


def turns_of_others(works: int, work: Callable[[VirtualTimeLoop], None]) -> int:
    """Return how often the loop came round while one client had so much done."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def effect(loop: VirtualTimeLoop) -> None:
        work(loop)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        beside = asyncio.create_task(other())
        await asyncio.sleep(0)
        time_slice = TimeSlice()
        for _ in range(works):
            await time_slice.do(effect(loop))
        beside.cancel()

    run_virtual(main())
    return turns


def works_for(seconds: float) -> Callable[[VirtualTimeLoop], None]:
    def work(loop: VirtualTimeLoop) -> None:
        loop._jumping.now_s += seconds

    return work


def test_others_come_once_a_slice_is_used_up() -> None:
    assert turns_of_others(100, works_for(SLICE_S / 3)) == pytest.approx(100 / 3, rel=0.3)
    assert turns_of_others(10, works_for(SLICE_S)) == 10


def test_others_come_between_works_that_take_no_time() -> None:
    assert turns_of_others(MOST_WORKS - 1, works_for(0)) == 0
    assert turns_of_others(3 * MOST_WORKS, works_for(0)) == 3
