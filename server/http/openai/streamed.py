"""Answers that are sent while they are made, and not made any further when nobody reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

# A player that reads as it plays takes 64 KB, uvicorn's buffer, in 1.4 s.
STALLED_S = 60.0


async def while_connected(receive: Receive, work: Awaitable[T]) -> T:
    """Return what `work` does; when the client goes away, cancel it and raise `ClientDisconnect`.

    The request's body must have been read.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(receive))
            done = await work
            watching.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    return done


async def _watch(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect


async def streamed(
    request: Request, pieces: AsyncGenerator[bytes, None], media_type: str
) -> Response:
    """Return the response that is `pieces`; the first is made before it begins, so it may yet be refused."""
    try:
        first = await while_connected(request.receive, anext(pieces, b""))
    except BaseException:
        await pieces.aclose()
        raise
    return _Streamed(first, pieces, media_type)


class _Streamed(Response):
    """Closes what makes the pieces with the last of them, or as soon as nobody takes them."""

    def __init__(self, first: bytes, pieces: AsyncGenerator[bytes, None], media_type: str) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.body = b""
        self._first = first
        self._pieces = pieces
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with aclosing(self._pieces):
            await while_connected(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await _send_piece(send, self._first)
        async for piece in self._pieces:
            await _send_piece(send, piece)
        await send({"type": "http.response.body", "body": b""})


async def _send_piece(send: Send, piece: bytes) -> None:
    try:
        async with asyncio.timeout(STALLED_S):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except (TimeoutError, OSError):
        raise ClientDisconnect from None
