"""Clients that do not read what they asked for, or ask nothing."""

from __future__ import annotations

import asyncio
import select
import socket
from pathlib import Path
from typing import Any, cast

import h11
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from server.http import http_protocol
from server.http.http_protocol import HEAD_S, UNREAD_S, HttpProtocol
from server.http.http_server import HttpServer
from server.sessions import hosting
from tests.server.http.house import Echoes
from tests.virtual_time import run_virtual

LIMIT_S = 20
# More than the buffers of a Unix socket hold.
LARGE = bytes(4_000_000)


class Transport:
    """A connection of which `left` bytes are unread."""

    def __init__(self) -> None:
        self.left = 0
        self.high: int | None = None
        self.aborted = False
        self.closed = False

    def get_extra_info(self, name: str) -> None:
        return None

    def set_write_buffer_limits(self, high: int | None = None) -> None:
        self.high = high

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.closed = True


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def _connected(asks: bytes = b"") -> tuple[HttpProtocol, Transport]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(100 * HEAD_S)

    protocol = HttpProtocol(Config(app, log_config=None), ServerState(), {})
    transport = Transport()
    protocol.connection_made(cast(Any, transport))
    if asks:
        protocol.data_received(asks)
    return protocol, transport


def test_a_client_that_reads_slowly_is_waited_for_and_one_that_stops_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_S", 10 * UNREAD_S)

    async def story() -> None:
        protocol, transport = _connected()
        assert transport.high == 1
        transport.left = 9
        protocol.pause_writing()
        for transport.left in (8, 7):
            await asyncio.sleep(UNREAD_S)
            assert not transport.aborted
        await asyncio.sleep(UNREAD_S + 1)
        assert transport.aborted

    run_virtual(story())


@pytest.mark.parametrize("asks", [b"", REQUEST[:-2]])
def test_who_connects_and_asks_nothing_or_half_keeps_no_connection(asks: bytes) -> None:
    async def story() -> None:
        protocol, transport = _connected(asks)
        await asyncio.sleep(HEAD_S - 1)
        assert not transport.aborted
        # More of it is no reason to wait longer.
        protocol.data_received(b"G" if not asks else b"x")
        await asyncio.sleep(2)
        assert transport.aborted

    run_virtual(story())


def test_a_request_that_is_whole_may_be_answered_for_as_long_as_it_takes() -> None:
    async def story() -> None:
        protocol, transport = _connected(REQUEST[:-2])
        await asyncio.sleep(HEAD_S - 1)
        protocol.data_received(REQUEST[-2:])
        await asyncio.sleep(10 * HEAD_S)
        assert not transport.aborted

    run_virtual(story())


@pytest.mark.parametrize("ends", ["read", "lost", "upgraded"])
def test_nothing_is_given_up_that_has_ended(ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(H11Protocol, "handle_websocket_upgrade", lambda *_: None)
    monkeypatch.setattr(http_protocol, "HEAD_S", 10 * UNREAD_S)

    async def story() -> None:
        protocol, transport = _connected()
        transport.left = 9
        protocol.pause_writing()
        match ends:
            case "read":
                protocol.resume_writing()
            case "lost":
                protocol.connection_lost(None)
            case "upgraded":
                protocol.handle_websocket_upgrade(
                    h11.Request(method="GET", target="/", headers=[("host", "x")])
                )
                assert transport.high is None
        await asyncio.sleep(3 * UNREAD_S)
        assert not transport.aborted

    run_virtual(story())


async def _start(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def _goes_on(scope: Scope, receive: Receive, send: Send) -> None:
    await _start(send)
    for _ in range(9):
        await send({"type": "http.response.body", "body": LARGE, "more_body": True})


async def _breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
    await _start(send)
    await send({"type": "http.response.body", "body": LARGE, "more_body": True})


async def _ends(scope: Scope, receive: Receive, send: Send) -> None:
    await _start(send)
    await send({"type": "http.response.body", "body": LARGE})


@pytest.mark.parametrize("app", [_goes_on, _breaks_off, _ends])
def test_who_reads_nothing_keeps_no_connection(
    app: ASGIApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "UNREAD_S", 0.1)
    path = str(tmp_path / "http")

    async def main() -> None:
        async with (
            asyncio.timeout(LIMIT_S),
            hosting(Echoes().make, 1) as sessions,
            asyncio.TaskGroup() as tasks,
        ):
            stop = asyncio.Event()
            tasks.create_task(HttpServer(app, f"unix:{path}", sessions, 1).serve(stop))
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(REQUEST)
                hung_up = select.poll()
                hung_up.register(client, 0)
                while not hung_up.poll(0):  # noqa: ASYNC110 - the other end's state has no event
                    await asyncio.sleep(0.01)
            stop.set()

    asyncio.run(main())
