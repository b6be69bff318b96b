"""A call to an engine service: bounded waits, and its failure in our own words whoever meets it first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

import grpc

from antiphon.errors import AntiphonError, Unavailable
from antiphon.status import from_rpc_error
from antiphon.timing import Timing, from_trailers
from server.engines.pulse import Pulse
from server.engines.pulse import Stalled as Stalled

# gRPC takes a message at once while its window has room: a service that takes none for so long hangs.
TAKE_S = 10.0

Request = TypeVar("Request")
Response = TypeVar("Response")


class First:
    """How long a first answer may take: `seconds` from `begin` on, before or while it is waited for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun_s: float | None = None
        self._bound: asyncio.Timeout | None = None

    def begin(self) -> None:
        """Count from now on; further calls do nothing."""
        if self._begun_s is None:
            self._begun_s = asyncio.get_running_loop().time()
            self._shorten()

    @contextmanager
    def ending(self, bound: asyncio.Timeout) -> Iterator[None]:
        """Have `bound` end the wait in the block in time."""
        self._bound = bound
        self._shorten()
        try:
            yield
        finally:
            self._bound = None

    def _shorten(self) -> None:
        if self._bound is None or self._begun_s is None or self._bound.expired():
            return
        # It may be due before: at once, where the engine is away.
        due_s, before_s = self._begun_s + self._seconds, self._bound.when()
        if before_s is None or due_s < before_s:
            self._bound.reschedule(due_s)


async def responses(
    call: AsyncIterable[Response],
    service: str,
    patience_s: float | None = None,
    pulse: Pulse | None = None,
    first: First | None = None,
) -> AsyncIterator[Response]:
    """Yield what `service` answers, until it ends the call.

    Raises an `AntiphonError` where the service fails, sends nothing for `patience_s`, is late with the
    `first` answer, or gives no sign of life by `pulse`.
    """
    pulse = pulse or Pulse(service)
    answers = aiter(call)
    while True:
        try:
            async with pulse.bound(patience_s) as bound:
                if first is None:
                    response = await anext(answers)
                else:
                    with first.ending(bound):
                        response = await anext(answers)
        except StopAsyncIteration:
            return
        except grpc.aio.AioRpcError as error:
            raise pulse.note(from_rpc_error(error, service)) from None
        first = None
        yield response


class Stream(Generic[Request, Response]):
    """An open bidirectional call; its writers and its reader learn alike why it failed.

    Writers take turns: gRPC fails a message that is sent while another is still being taken. A service that
    takes none for `take_s` hangs.
    """

    def __init__(
        self,
        call: grpc.aio.StreamStreamCall[Request, Response],
        service: str,
        take_s: float = TAKE_S,
        pulse: Pulse | None = None,
    ) -> None:
        self._call = call
        self._service = service
        self._take_s = take_s
        self._pulse = pulse or Pulse(service)
        self._writing = asyncio.Lock()

    async def write(self, request: Request) -> None:
        """Send `request`; raise an `AntiphonError` where the call has ended or the service hangs."""
        try:
            async with asyncio.timeout(self._take_s), self._writing, self._pulse.bound(None):
                if self._call.done():
                    raise self._pulse.ours(await self._end())
                await self._call.write(request)
        except TimeoutError:
            raise self._pulse.hangs(f"taken nothing for {self._take_s:.0f} s") from None
        except grpc.aio.AioRpcError as error:
            raise self._pulse.ours(from_rpc_error(error, self._service)) from None

    async def done_writing(self) -> None:
        """Half-close; where the call has ended, its reader is told why."""
        with suppress(grpc.aio.InternalError):
            async with self._writing:
                await self._call.done_writing()

    def responses(
        self, patience_s: float | None = None, first: First | None = None
    ) -> AsyncIterator[Response]:
        """Yield responses as the function of this name does."""
        return responses(self._call, self._service, patience_s, self._pulse, first)

    async def timing(self) -> Timing | None:
        """Return what the service says of its own work; call it once the responses have ended."""
        return from_trailers(await self._call.trailing_metadata())

    def cancel(self) -> None:
        """Drop the call; nothing happens where it has ended."""
        self._call.cancel()

    async def _end(self) -> AntiphonError:
        code = await self._call.code()
        if code is grpc.StatusCode.OK:
            return ended(self._service)
        error = grpc.aio.AioRpcError(
            code,
            grpc.aio.Metadata(),
            await self._call.trailing_metadata(),
            details=await self._call.details(),
        )
        return from_rpc_error(error, self._service)


def hangs(service: str, how: str) -> Stalled:
    """Return what a caller is told of a `service` that has `how`."""
    problem = Stalled(f"the {service} service has {how}; see `antiphon status`")
    problem.service = service
    return problem


def ended(service: str) -> Unavailable:
    """Return what a caller is told of a `service` that ended a call before its time."""
    problem = Unavailable(f"the {service} service ended the stream")
    problem.service = service
    return problem
