"""Health over HTTP, while the gateway serves and while it drains."""

from __future__ import annotations

import asyncio

from tests.server.http.house import Echoes, HttpHouse


def test_it_tells_at_once_that_nobody_new_is_let_in() -> None:
    async def main() -> None:
        async with HttpHouse.open(Echoes(), drain_s=30) as house, house.socket() as line:
            await line.send("hello")
            await line.recv()
            serving = await house.client.get("/healthz")
            house.stop.set()
            await asyncio.sleep(0)
            draining = await house.client.get("/healthz")
        assert (serving.status_code, serving.json()) == (200, {"status": "ok"})
        assert (draining.status_code, draining.json()) == (503, {"status": "draining"})

    asyncio.run(main())
