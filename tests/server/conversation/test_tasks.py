"""A session's tasks, and who asks for one too late."""

from __future__ import annotations

import asyncio

import pytest

from server.conversation.tasks import Ending, Tasks
from tests.server.world import first_of
from tests.virtual_time import run_virtual


async def _sleep(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


async def _fail() -> None:
    raise ValueError("lost")


async def _clean_up_slowly() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(5)


def test_what_is_begun_runs_as_a_task_of_the_group() -> None:
    async def main() -> None:
        async with Tasks() as tasks:
            task = tasks.create_task(_sleep(3), name="sleeper")
            assert task.get_name() == "sleeper"
        assert task.result() == 3

    run_virtual(main())


def test_wound_up_it_begins_nothing_and_ends_what_it_began() -> None:
    """A coroutine that is `never awaited` is a warning, and so an error here."""

    async def main() -> None:
        async with Tasks() as tasks:
            task = tasks.create_task(_sleep(3))
            tasks.wind_up()
            with pytest.raises(Ending):
                tasks.create_task(_sleep(7))
        assert task.done()
        assert asyncio.get_running_loop().time() == pytest.approx(3)

    run_virtual(main())


def test_one_who_asks_while_a_failed_group_cleans_up_is_no_failure_more() -> None:
    async def late(tasks: Tasks) -> None:
        await asyncio.sleep(2)
        with pytest.raises(Ending):
            tasks.create_task(_sleep(7))

    async def main() -> None:
        tasks = Tasks()
        asking = asyncio.create_task(late(tasks))
        with pytest.raises(ExceptionGroup) as failed:
            async with tasks:
                tasks.create_task(_clean_up_slowly())
                await asyncio.sleep(1)
                tasks.create_task(_fail())
                await asyncio.sleep(60)
        assert isinstance(first_of(failed.value), ValueError)
        assert len(failed.value.exceptions) == 1
        await asking

    run_virtual(main())


def test_after_its_end_it_begins_nothing() -> None:
    async def main() -> None:
        async with Tasks() as tasks:
            pass
        with pytest.raises(Ending):
            tasks.create_task(_sleep(7))

    run_virtual(main())
