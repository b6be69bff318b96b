"""What is seen of a loop that is held up."""

from __future__ import annotations

import asyncio
import time

import pytest

from antiphon.observability.loop_lag import KEPT_S, TICK_S, LoopLag
from tests.virtual_time import run_virtual


async def _watched(lag: LoopLag, seconds: float) -> None:
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(seconds)
    watching.cancel()


def test_an_idle_loop_is_never_late_and_only_the_last_minute_is_kept() -> None:
    async def main() -> None:
        lag = LoopLag()
        await _watched(lag, 2 * KEPT_S)
        kept = lag.over_ms(2 * KEPT_S)
        assert len(kept) == KEPT_S / TICK_S
        assert max(kept) < 0.001
        assert len(lag.over_ms(1.01)) == round(1.0 / TICK_S) + 1

    run_virtual(main())


def test_each_timer_is_told_of_in_seconds() -> None:
    told: list[float] = []

    async def main() -> None:
        lag = LoopLag()
        lag.note = told.append
        await _watched(lag, 1.01)
        assert [late_s * 1000 for late_s in told] == pytest.approx(lag.over_ms(1.01), abs=0.001)

    run_virtual(main())
    assert len(told) == round(1.0 / TICK_S)


def test_work_that_holds_the_loop_up_is_seen() -> None:
    told: list[float] = []

    async def main() -> None:
        lag = LoopLag()
        lag.note = told.append
        watching = asyncio.create_task(lag.watch())
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251 - what no handler should do
        while not lag.over_ms(10):  # noqa: ASYNC110
            await asyncio.sleep(0)
        watching.cancel()
        assert max(lag.over_ms(10)) >= 70

    asyncio.run(main())
    assert max(told) >= 0.07
