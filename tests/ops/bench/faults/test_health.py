"""A gateway is asked how it is, over a socket of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from ops.bench.faults import health as module
from ops.bench.faults.health import READY, says, watching


class Gateway:
    """`statuses` are what its two paths answer with, such as `{"/readyz": 503}`; any other is 200."""

    def __init__(self) -> None:
        self.statuses: dict[str, int] = {}

    @asynccontextmanager
    async def served(self, path: str) -> AsyncIterator[None]:
        server = await asyncio.start_unix_server(self._answer, path)
        async with server:
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        status = self.statuses.get(asked, 200)
        head = f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        writer.close()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EACH_S", 0.01)


def test_the_first_no_is_noted_and_every_one_of_liveness(tmp_path: Path) -> None:
    async def main() -> None:
        gateway, path, loop = Gateway(), str(tmp_path / "http.sock"), asyncio.get_running_loop()
        async with gateway.served(path):
            async with watching(path) as health:
                await asyncio.sleep(0.2)
                assert (health.unready_ms, health.dead) == (None, 0)
                struck_ms = loop.time() * 1000
                gateway.statuses["/readyz"] = 503
                await asyncio.sleep(0.2)
                gateway.statuses = {"/livez": 503}
                await asyncio.sleep(0.2)
            assert health.unready_ms is not None
            assert 0 <= health.unready_ms - struck_ms < 200
            assert health.dead > 1

    asyncio.run(main())


def test_who_does_not_answer_says_no(tmp_path: Path) -> None:
    async def main() -> bool:
        through = httpx.AsyncHTTPTransport(uds=str(tmp_path / "none.sock"))
        async with httpx.AsyncClient(transport=through) as client:
            return await says(client, READY)

    assert asyncio.run(main()) is False
