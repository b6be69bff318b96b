from __future__ import annotations

import asyncio

from antiphon.timing import Timing
from inference.llm.stopwatch import Stopwatch
from tests.virtual_time import run_virtual


def test_waiting_first_output_and_last() -> None:
    async def timed() -> Timing:
        watch = Stopwatch()
        await asyncio.sleep(0.010)
        watch.hand_over()
        for seconds in (0.030, 0.005, 0.005):
            await asyncio.sleep(seconds)
            watch.output()
        await asyncio.sleep(0.100)
        return watch.timing()

    timing = run_virtual(timed())
    assert timing == Timing(*(round(ms, 3) for ms in (10, 40, 30))) or (
        round(timing.queue_ms, 6),
        round(timing.compute_ms, 6),
        round(timing.first_output_ms, 6),
    ) == (10, 40, 30)


def test_no_output_took_no_time_to_come() -> None:
    async def timed() -> Timing:
        watch = Stopwatch()
        watch.hand_over()
        await asyncio.sleep(1)
        return watch.timing()

    assert run_virtual(timed()) == Timing(0, 0, 0)
