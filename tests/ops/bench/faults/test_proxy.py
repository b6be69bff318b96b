"""A socket in between, slow and cut, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ops.bench.faults.proxy import Proxy

PATIENCE_S = 20.0


@asynccontextmanager
async def echoing(folder: Path) -> AsyncIterator[Proxy]:
    """Have a proxy at `folder`/door before a service that echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_unix_server(echo, folder / "service")
    proxy = Proxy(f"unix:{folder / 'service'}")
    async with asyncio.timeout(PATIENCE_S), proxy.listening(folder / "door"):
        yield proxy
    server.close()


async def say(folder: Path, words: bytes) -> bytes:
    """Return what comes back of a few bytes; nothing where the connection breaks."""
    try:
        reader, writer = await asyncio.open_unix_connection(folder / "door")
        writer.write(words)
        heard = await reader.read(100)
        writer.transport.abort()
    except OSError:
        return b""
    return heard


def test_it_passes_on_and_breaks_what_it_carries(tmp_path: Path) -> None:
    async def main() -> None:
        async with echoing(tmp_path) as proxy:
            assert await say(tmp_path, b"hello") == b"hello"
            reader, writer = await asyncio.open_unix_connection(tmp_path / "door")
            writer.write(b"one")
            assert await reader.read(100) == b"one"
            proxy.cut()
            with suppress(OSError):
                assert await reader.read(100) == b""
            writer.transport.abort()
            assert await say(tmp_path, b"again") == b"again"

    asyncio.run(main())


def test_it_takes_nobody_while_it_refuses(tmp_path: Path) -> None:
    async def main() -> None:
        async with echoing(tmp_path) as proxy:
            proxy.refuse()
            assert await say(tmp_path, b"hello") == b""
            proxy.accept()
            assert await say(tmp_path, b"hello") == b"hello"

    asyncio.run(main())


def test_slow_it_holds_up_each_piece(tmp_path: Path) -> None:
    async def main() -> None:
        async with echoing(tmp_path) as proxy:
            proxy.slow_s = 1000.0
            saying = asyncio.create_task(say(tmp_path, b"hello"))
            await asyncio.sleep(0.1)
            assert not saying.done()
            proxy.cut()
            assert await saying == b""

    asyncio.run(main())


def test_where_the_service_is_away_the_connection_ends(tmp_path: Path) -> None:
    async def main() -> None:
        proxy = Proxy(f"unix:{tmp_path / 'nobody'}")
        async with asyncio.timeout(PATIENCE_S), proxy.listening(tmp_path / "door"):
            assert await say(tmp_path, b"hello") == b""

    asyncio.run(main())
