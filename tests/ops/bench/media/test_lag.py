from __future__ import annotations

import asyncio
import time

from ops.bench.media.lag import lags_ms
from tests.virtual_time import run_virtual


def test_a_loop_with_nothing_else_to_do_is_on_time() -> None:
    lags = run_virtual(lags_ms(1.0))
    assert len(lags) > 150
    assert max(lags) < 1e-6


def test_a_loop_that_was_blocked_is_late() -> None:
    async def main() -> list[float]:
        async with asyncio.TaskGroup() as group:
            measuring = group.create_task(lags_ms(0.2))
            await asyncio.sleep(0.05)
            time.sleep(0.05)  # noqa: ASYNC251 - it is to block
        return measuring.result()

    assert max(asyncio.run(main())) > 30
