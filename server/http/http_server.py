"""uvicorn inside the gateway's process: `antiphon.serving` owns the signals, and the order of the end."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from antiphon.errors import Misconfigured
from antiphon.in_flight import SHUTDOWN_GRACE_S
from server.access.certificate import Certificate
from server.access.reach import UNIX
from server.http.http_protocol import HttpProtocol
from server.http.socket_protocol import SocketProtocol
from server.sessions import Sessions

log = logging.getLogger(__name__)

# OpenAI takes up to 15 MiB of audio in an `input_audio_buffer.append` (`openai` package, its docstring): 5.5
# minutes at 24 kHz. A connection holds two such messages at most, the one that is heard and the one after it:
# 120 MB, measured.
MAX_APPENDED_BYTES = 15 * 1024 * 1024
# As base64, with room for the event around it.
MAX_SOCKET_MESSAGE_BYTES = MAX_APPENDED_BYTES * 4 // 3 + 64 * 1024
# A phone that is out of reach is noticed in 15 s; its session then waits for it.
PING_S = 5.0
PONG_S = 10.0
# For each session its call or WebSocket, the page's own requests, and one that resumes; then monitoring.
CONNECTIONS_PER_SESSION = 8
OTHER_CONNECTIONS = 64
# For connections to close, where their grace is over.
CLOSE_S = 1
LAST_WORDS_S = 0.1


class HttpServer:
    """Takes its address when it is made, so that a port in use is told before anything else starts."""

    def __init__(
        self,
        app: ASGIApp,
        address: str,
        sessions: Sessions,
        max_sessions: int,
        certificate: Certificate | None = None,
        *,
        drain_s: float = SHUTDOWN_GRACE_S,
    ) -> None:
        self._address = address
        self._sessions = sessions
        self._drain_s = drain_s
        self._socket = _bind(address)
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                app,
                http=HttpProtocol,
                ws=SocketProtocol,
                ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
                ws_ping_interval=PING_S,
                ws_ping_timeout=PONG_S,
                # Base64 of speech hardly shrinks.
                ws_per_message_deflate=False,
                lifespan="off",
                loop="none",
                interface="asgi3",
                # Its lines hold queries, and these hold resume tokens.
                log_config=None,
                log_level=logging.WARNING,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=max_sessions * CONNECTIONS_PER_SESSION + OTHER_CONNECTIONS,
                ssl_certfile=certificate.chain if certificate else None,
                ssl_keyfile=certificate.key if certificate else None,
            )
        )

    @property
    def port(self) -> int:
        """The TCP port that it took."""
        return int(self._socket.getsockname()[1])

    async def serve(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; give sessions, and answers in progress, their grace.

        Then tell the sessions that are left, and end.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._uvicorn.serve(sockets=[self._socket]))
                watching = tasks.create_task(self._sessions.lag.watch())
                log.info("serving HTTP at %s", self._address)
                await stop.wait()
                over_s = asyncio.get_running_loop().time() + self._drain_s
                await self._sessions.drain(self._drain_s)
                await self._sessions.dismiss()
                # A line that has just ended still has its last words to send.
                await asyncio.sleep(LAST_WORDS_S)
                watching.cancel()
                self._close_by(over_s)
        finally:
            self.close()

    def _close_by(self, over_s: float) -> None:
        """Let uvicorn end: it answers what it was asked until then."""
        left_s = math.ceil(over_s - asyncio.get_running_loop().time())
        self._uvicorn.config.timeout_graceful_shutdown = max(CLOSE_S, left_s)
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Give the address back."""
        self._socket.close()
        if self._address.startswith(UNIX):
            with suppress(FileNotFoundError):
                os.unlink(self._address.removeprefix(UNIX))


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def _bind(address: str) -> socket.socket:
    try:
        if address.startswith(UNIX):
            return _bind_unix(address.removeprefix(UNIX))
        host, _, port = address.rpartition(":")
        return _bind_tcp(host.strip("[]"), int(port))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no HOST:PORT or unix:PATH"
        raise Misconfigured(
            f"cannot listen at [server] http = {address}: {why}; stop the process that uses it, or set "
            "another address"
        ) from None


def _bind_unix(path: str) -> socket.socket:
    with suppress(FileNotFoundError):
        os.unlink(
            path
        )  # one that was left behind: the supervisor has looked whether anybody listens
    return _listening(socket.socket(socket.AF_UNIX), path)


def _bind_tcp(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return _listening(socket.socket(family, kind, protocol), place)


def _listening(bound: socket.socket, place: Any) -> socket.socket:
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        # From now on callers wait for the server to start, and are not refused.
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound
