"""What the gateway says of itself while a fault lasts: whether it is ready, and whether it lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

import httpx

READY, LIVE = "http://localhost/readyz", "http://localhost/livez"
EACH_S = 0.1
# A gateway that takes longer to say whether it lives is taken for dead by whoever restarts it.
PATIENCE_S = 1.0


@dataclass(slots=True)
class Health:
    """When it first said that it is not ready, None where it never did; how often not that it lives."""

    unready_ms: float | None = None
    dead: int = 0


@asynccontextmanager
async def watching(http_socket: str) -> AsyncIterator[Health]:
    """Ask over and over for the length of the block; `unready_ms` is of the loop's clock."""
    health = Health()
    through = httpx.AsyncHTTPTransport(uds=http_socket)
    async with (
        httpx.AsyncClient(transport=through, timeout=PATIENCE_S) as client,
        asyncio.TaskGroup() as tasks,
    ):
        asking = tasks.create_task(_ask(client, health))
        try:
            yield health
        finally:
            asking.cancel()


async def _ask(client: httpx.AsyncClient, health: Health) -> NoReturn:
    while True:
        if health.unready_ms is None and not await says(client, READY):
            health.unready_ms = asyncio.get_running_loop().time() * 1000
        health.dead += not await says(client, LIVE)
        await asyncio.sleep(EACH_S)


async def says(client: httpx.AsyncClient, url: str) -> bool:
    """Return whether the answer is yes; one that does not come is a no."""
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        # It has died itself, and is started again: its sessions count as lost.
        return False
