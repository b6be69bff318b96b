"""The real gateway over made-up engines, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from antiphon.serving import ErrorInterceptor
from antiphon.v1.conversation_pb2_grpc import add_ConversationServicer_to_server
from server.access.keyring import Keyring
from server.edge.converse import Converse
from server.session_maker import SessionMaker
from server.sessions import hosting
from server.settings import AgentSettings, ServerSettings
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services

HEARD = "What is it?"
WORDS = ["An ", "apple."]
PCM_BYTES_PER_MS = 48


class Recognizer(FakeRecognizer):
    """Hears the same words once `after_ms` of audio came; never, where that is None."""

    def __init__(self, after_ms: float | None) -> None:
        super().__init__()
        self._after_ms = after_ms
        self._heard_bytes = 0

    def _take(self, request: Any) -> None:
        super()._take(request)
        before_ms = self._heard_bytes / PCM_BYTES_PER_MS
        self._heard_bytes += len(request.audio)
        now_ms = self._heard_bytes / PCM_BYTES_PER_MS
        if self._after_ms is not None and before_ms < self._after_ms <= now_ms:
            self.say(HEARD, 0, 240)


@contextmanager
def gateway(
    folder: Path, key: str, after_ms: float | None = 300, generator: FakeGenerator | None = None
) -> Iterator[str]:
    """Serve one caller with `key`; yield the address."""
    address = f"unix:{folder}/gateway.sock"
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        engines = services(
            Recognizer(after_ms),
            generator or FakeGenerator(WORDS, first_ms=5, token_ms=1),
            FakeSynthesizer(delay_ms=5),
        )
        maker = SessionMaker(engines, AgentSettings())
        async with hosting(maker.make, ServerSettings().max_sessions) as sessions:
            server = grpc.aio.server(interceptors=[ErrorInterceptor()])
            add_ConversationServicer_to_server(Converse(sessions, Keyring(key)), server)
            server.add_insecure_port(address)
            await server.start()
            stop = asyncio.Event()
            ready.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()
            await server.stop(None)

    # Its loop's end waits for what clients that hung up have left behind.
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stop = ready.result(20)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
