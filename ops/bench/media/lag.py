"""How late an event loop runs what is due."""

from __future__ import annotations

import asyncio

TICK_S = 0.005


async def lags_ms(seconds: float) -> list[float]:
    """Return by how much each of many timers fired too late."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    found: list[float] = []
    while (due_s := loop.time() + TICK_S) < end_s:
        await asyncio.sleep(TICK_S)
        found.append((loop.time() - due_s) * 1000)
    return found
