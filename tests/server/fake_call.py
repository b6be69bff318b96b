"""One bidirectional call in the test's own process: the client's end behaves as grpc.aio's does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from antiphon.errors import AntiphonError
from antiphon.status import to_status

EMPTY = grpc.aio.Metadata()


def rpc_error(
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE, details: str = "gone"
) -> grpc.aio.AioRpcError:
    """Return what a client meets where a service ends a call with `code`."""
    return grpc.aio.AioRpcError(code, EMPTY, EMPTY, details=details)


def refusal(problem: AntiphonError) -> grpc.aio.AioRpcError:
    """Return what a client meets where a service of ours raises `problem`."""
    status = to_status(problem)
    trailers = grpc.aio.Metadata(*(status.trailing_metadata or ()))
    return grpc.aio.AioRpcError(status.code, EMPTY, trailers, details=status.details)


class FakeCall:
    """`requests` is what the client wrote; `send`, `end` and `fail` are what the service does."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.half_closed = asyncio.Event()
        self.cancelled = False
        self.takes_nothing = False
        self.trailers = EMPTY
        self.on_write: Callable[[Any], None] = lambda _: None
        self.on_half_close: Callable[[], None] = lambda: None
        self.on_cancel: Callable[[], None] = lambda: None
        self._error: grpc.aio.AioRpcError | None = None
        self._over = False
        self._responses: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, *responses: Any) -> None:
        for response in responses:
            self._responses.put_nowait(response)

    def end(self) -> None:
        self._over = True
        self._responses.put_nowait(None)

    def fail(self, error: grpc.aio.AioRpcError | None = None) -> None:
        self._error = error or rpc_error()
        self.end()

    async def write(self, request: Any) -> None:
        if self.done() or self.half_closed.is_set():
            raise asyncio.InvalidStateError("as grpc.aio does")
        if self.takes_nothing:
            await asyncio.Event().wait()
        self.requests.append(request)
        self.on_write(request)

    async def done_writing(self) -> None:
        self.half_closed.set()
        self.on_half_close()

    def cancel(self) -> None:
        self.on_cancel()
        if not self.done():
            self.cancelled = True
            self.end()

    def done(self) -> bool:
        return self._over

    async def code(self) -> grpc.StatusCode:
        return self._error.code() if self._error is not None else grpc.StatusCode.OK

    async def details(self) -> str | None:
        return self._error.details() if self._error is not None else None

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        return self._error.trailing_metadata() if self._error is not None else self.trailers

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (response := await self._responses.get()) is not None:
            yield response
        if self.cancelled:
            raise asyncio.CancelledError
        if self._error is not None:
            raise self._error
