"""A socket between the gateway and an engine, which can be slow, and can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

# A page of speech; slow, it passes one a pause.
CHUNK_BYTES = 16 * 1024


class Proxy:
    """`slow_s` is how long each piece is held up, in either direction."""

    def __init__(self, to: str) -> None:
        self._to = to.removeprefix("unix:")
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self.slow_s = 0.0

    @asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[None]:
        """Pass on what comes to the Unix socket `path` for the length of the block."""
        server = await asyncio.start_unix_server(self._serve, path)
        try:
            yield
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, in the middle of whatever it carries."""
        for task in self._tasks:
            task.cancel()

    def refuse(self) -> None:
        """Take no new connection to the engine until `accept`."""
        self._open.clear()

    def accept(self) -> None:
        """Take connections again."""
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._pass(reader, writer))
        self._tasks.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open.is_set():
            return
        with suppress(
            OSError
        ):  # the engine is away, or breaks off: so does the gateway's connection
            engine_reader, engine_writer = await asyncio.open_unix_connection(self._to)
            try:
                there = asyncio.ensure_future(self._pump(reader, engine_writer))
                back = asyncio.ensure_future(self._pump(engine_reader, writer))
                try:
                    await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    there.cancel()
                    back.cancel()
                    await asyncio.gather(there, back, return_exceptions=True)
            finally:
                engine_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if self.slow_s:
                await asyncio.sleep(self.slow_s)
            writer.write(data)
            await writer.drain()
