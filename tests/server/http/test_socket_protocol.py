"""Clients that do not behave, down to their bytes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psutil
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from server.conversation.outbox import Audio
from server.http import http_server, socket_protocol
from server.http.http_server import MAX_SOCKET_MESSAGE_BYTES
from server.http.realtime import socket_line
from tests.server.http.house import Echoes, HttpHouse, until_closed


def serve(test: Callable[[HttpHouse, Echoes], Awaitable[None]]) -> None:
    async def main() -> None:
        echoes = Echoes()
        async with HttpHouse.open(echoes) as house:
            await test(house, echoes)

    asyncio.run(main())


async def _begun(socket: ClientConnection) -> None:
    await socket.send("hello")
    await socket.recv()


@pytest.mark.parametrize("size", [MAX_SOCKET_MESSAGE_BYTES + 1, 40_000_000])
def test_a_message_that_is_too_large_is_refused_with_its_reason(size: int) -> None:
    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as socket:
            await _begun(socket)
            with suppress(ConnectionClosed):
                await socket.send("x" * size)
            code, reason = await until_closed(socket)
        assert (code, str(MAX_SOCKET_MESSAGE_BYTES) in reason) == (1009, True)
        await echoes.made[0][0].left.wait()

    serve(test)


def test_a_message_in_fragments_is_bounded_as_a_whole() -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        async with house.socket() as socket:
            with suppress(ConnectionClosed):
                await socket.send("x" * (MAX_SOCKET_MESSAGE_BYTES // 50) for _ in range(60))
            assert (await until_closed(socket))[0] == 1009

    serve(test)


@pytest.mark.parametrize("frame", [b"\xff\xff\xff\xff", b"\x81\x05hello", b"\x83\x80\0\0\0\0"])
def test_bytes_that_are_no_frames_are_refused(frame: bytes) -> None:
    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as socket:
            await _begun(socket)
            socket.transport.write(frame)
            assert (await until_closed(socket))[0] == 1002
        await echoes.made[0][0].left.wait()

    serve(test)


def test_a_broken_connection_is_a_lost_line() -> None:
    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as socket:
            await _begun(socket)
            socket.transport.abort()
        await echoes.made[0][0].left.wait()
        assert not echoes.made[0][0].over

    serve(test)


def test_a_client_whose_answer_waits_behind_its_own_burst_is_not_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_server, "PING_S", 0.1)
    monkeypatch.setattr(http_server, "PONG_S", 0.1)

    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as socket:
            await _begun(socket)
            session, _ = echoes.made[0]
            session.obeys.clear()
            for _ in range(3):
                await socket.send("hello")
            await asyncio.sleep(1)
            session.obeys.set()
            for _ in range(3):
                await socket.recv()
            await asyncio.sleep(0.5)
            assert not session.lost_at_s

    serve(test)


def test_a_client_that_never_reads_is_given_up_and_its_connection_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket_line, "STALL_S", 0.2)
    monkeypatch.setattr(socket_protocol, "LINGER_S", 0.2)

    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as socket:
            await _begun(socket)
            before = _connections()
            socket.transport.pause_reading()
            session, _ = echoes.made[0]
            for _ in range(200):  # more than the windows of both ends hold
                await session.tell(Audio(bytes(100_000), "resp_1", "item_1"))
            await session.left.wait()
            while _connections() == before:  # noqa: ASYNC110 - another's state has no event
                await asyncio.sleep(0.01)
            socket.transport.abort()

    serve(test)


def _connections() -> int:
    """Return how many connections this process has, both ends of each counted."""
    found = psutil.Process(os.getpid()).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED for one in found)
