"""The gateway over HTTP, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from server.access.certificate import Certificate
from tests.server.http.house import KEY, Echoes, HttpHouse


@contextmanager
def page_gateway(folder: Path, certificate: Certificate | None = None) -> Iterator[HttpHouse]:
    """Serve the page; its key is in `folder`."""
    (folder / "key").write_text(KEY)
    (folder / "key").chmod(0o600)
    ready: Future[tuple[HttpHouse, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        async with HttpHouse.open(Echoes(), certificate=certificate) as house:
            over = asyncio.Event()
            ready.set_result((house, asyncio.get_running_loop(), over))
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    house, loop, over = ready.result(30)
    try:
        yield house
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
