"""One gRPC server process: health, reflection, errors as statuses, shutdown in order."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import signal
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Sequence,
)
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from antiphon.errors import AntiphonError, Misconfigured
from antiphon.failures import understand
from antiphon.in_flight import PARTING_S, SHUTDOWN_GRACE_S, InFlight
from antiphon.malformed import checked, each_checked, tolerant
from antiphon.observability import logs
from antiphon.observability.settings import ObservabilitySettings
from antiphon.settings import load
from antiphon.status import to_status

log = logging.getLogger(__name__)

# The contract bounds every message far below this; it is room for a long prompt.
MAX_MESSAGE_BYTES = 4 * 1024 * 1024

# Callers who show no key hold calls too, of health and the like, and would hold memory without end. This is
# more than an engine has from a gateway of 10,000 sessions and as many guests, the most that can be set.
MOST_CALLS = 32_768

# A client that sends without a pause has its next message here within a millisecond; one that speaks, in 20.
QUIET_S = 0.01
READ_UP_S = 1.0

# What health is asked for: whether the process is ready for callers, and whether it lives.
READY, LIVE = "", "live"

PING_MS = 5_000
PONG_MS = 10_000

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

SERVER_OPTIONS = (
    # Without this two servers may share a TCP port, and a port in use goes unnoticed.
    ("grpc.so_reuseport", 0),
    # A client that is out of reach in the middle of a call is noticed in 15 s, as one on a WebSocket is: its
    # places go to others. The time of a ping has a bound of its own, 60 s unless it is told.
    ("grpc.keepalive_time_ms", PING_MS),
    ("grpc.keepalive_timeout_ms", PONG_MS),
    ("grpc.http2.ping_timeout_ms", PONG_MS),
)

Register = Callable[[grpc.aio.Server], Awaitable[list[str]]]
# Serves something else in this process until the event is set, drains it, and returns.
# Yields whether the process is ready, at once and whenever that changes.
Readiness = Callable[[], AsyncIterator[bool]]
Beside = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Secured:
    """A second address at which the same services are served, over TLS."""

    address: str
    credentials: grpc.ServerCredentials


async def serve(
    address: str,
    register: Register,
    *,
    grace_s: float = SHUTDOWN_GRACE_S,
    secured: Secured | None = None,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    admitting: Collection[str] = (),
    beside: Sequence[Beside] = (),
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    most_calls: int = MOST_CALLS,
    readiness: Readiness | None = None,
) -> None:
    """Serve at `address` (`unix:PATH` or `HOST:PORT`) until SIGTERM or SIGINT.

    The address is taken first, so that a port in use is told before an engine loads; `register` then
    loads the engine, adds the servicers and returns their full names. Health answers from then on.
    Until then a signal ends the process at once: loading blocks for seconds, and nothing needs an order.
    `interceptors` see a call in their order; what they raise becomes a status as well. Over `most_calls` at
    a time gRPC itself refuses with RESOURCE_EXHAUSTED. What is served `beside` starts and drains together
    with gRPC.

    Health tells under READY what `readiness` does, without it that the process is ready; under LIVE that it
    lives.

    Told to stop, it says so to whoever asks for its health, refuses new calls but for those of the services
    `admitting`, which decide by themselves, and gives those in progress `grace_s`. A second signal ends the
    process at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    calls = InFlight(admitting)
    server = grpc.aio.server(
        interceptors=[ErrorInterceptor(calls), *interceptors],
        maximum_concurrent_rpcs=most_calls,
        options=[*SERVER_OPTIONS, ("grpc.max_receive_message_length", max_message_bytes)],
    )
    try:
        _bind(server, address)
        if secured is not None:
            _bind(server, secured.address, secured.credentials)
        names = await register(server)
        await _until_told_to_stop(server, names, beside, calls, grace_s, readiness)
    finally:
        # Also where it never started: left to the garbage collector, gRPC looks for a loop that is gone.
        await server.stop(None)
        gc.unfreeze()
    log.info("stopped")


async def _until_told_to_stop(
    server: grpc.aio.Server,
    names: list[str],
    beside: Sequence[Beside],
    calls: InFlight,
    grace_s: float,
    readiness: Readiness | None,
) -> None:
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection(
        [*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server
    )
    stop = _stop_event()
    async with asyncio.TaskGroup() as group:
        others = [group.create_task(serve_other(stop)) for serve_other in beside]
        await server.start()
        for name in [READY, LIVE, *names]:
            await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
        telling = group.create_task(_tell_readiness(checks, readiness))
        _settle_memory()
        log.info("serving %s", ", ".join(names))
        await stop.wait()
        log.info("stopping")
        telling.cancel()
        # It lives on: whoever ends what does not would end the calls that are let go on.
        for name in [READY, *names]:
            await checks.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
        await _drain(calls, grace_s, others)
        await server.stop(PARTING_S)


async def _drain(calls: InFlight, grace_s: float, others: Collection[asyncio.Task[None]]) -> None:
    """Return once the calls, and what is served beside, have ended or had their grace.

    While anyone is served there, whoever lost a line may come back here, and asks whether the process stops.
    """
    over_s = asyncio.get_running_loop().time() + grace_s
    await calls.drain(grace_s)
    if others:
        await asyncio.wait(others)
    await calls.drain(over_s - asyncio.get_running_loop().time())


async def _tell_readiness(checks: health.aio.HealthServicer, readiness: Readiness | None) -> None:
    if readiness is None:
        return
    told = health_pb2.HealthCheckResponse
    async for ready in readiness():
        await checks.set(READY, told.SERVING if ready else told.NOT_SERVING)


def _settle_memory() -> None:
    """Have what is there by now, which stays, looked at no more for garbage.

    Of the gateway's 160,000 objects a full collection was seen to take 140 ms, in which no caller was heard.
    """
    gc.collect()
    gc.freeze()


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def begin_to_stop() -> None:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
            # Not Python's own for SIGINT, which would have all that waits be cancelled in order.
            signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, begin_to_stop)
    return stop


def _bind(
    server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials | None = None
) -> None:
    try:
        if credentials is None:
            server.add_insecure_port(address)
        else:
            server.add_secure_port(address, credentials)
    except RuntimeError:
        raise Misconfigured(
            f"cannot listen at {address}: another process uses it, or it is not an address of this "
            "host; stop that process or set another address"
        ) from None


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Turns `AntiphonError` into its status, and anything else into INTERNAL without its text.

    Counts `calls`, and refuses those that come too late.
    """

    def __init__(self, calls: InFlight | None = None) -> None:
        self._calls = calls or InFlight()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        details: grpc.HandlerCallDetails,
    ) -> Any:
        """Return the handler with its behaviour guarded."""
        handler = await continuation(details)
        if handler is None:
            return None
        if handler.request_deserializer is not None:
            handler = handler._replace(request_deserializer=tolerant(handler.request_deserializer))
        for kind in ("unary_unary", "stream_unary", "unary_stream", "stream_stream"):
            behaviour = getattr(handler, kind)
            if behaviour is None:
                continue
            check = each_checked if handler.request_streaming else checked
            if inspect.isasyncgenfunction(behaviour):
                return handler._replace(**{kind: self._stream(behaviour, details.method, check)})
            if inspect.iscoroutinefunction(behaviour):
                return handler._replace(**{kind: self._unary(behaviour, details.method, check)})
        return handler

    def _unary(
        self, behaviour: Callable[..., Awaitable[Any]], method: str, check: Callable[[Any], Any]
    ) -> Callable[..., Any]:
        async def guarded(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            try:
                with self._calls.call(method):
                    return await behaviour(check(request), context)
            except Exception as error:  # noqa: BLE001 - the boundary of a call
                await _abort(error, method, context)

        return guarded

    def _stream(
        self,
        behaviour: Callable[..., AsyncGenerator[Any, None]],
        method: str,
        check: Callable[[Any], Any],
    ) -> Callable[..., Any]:
        # A coroutine that writes, not a generator: when the call is cancelled in a write, gRPC drops a
        # generator without closing it, and the work behind it would live on.
        async def guarded(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            try:
                with self._calls.call(method):
                    async with aclosing(behaviour(check(request), context)) as responses:
                        async for response in responses:
                            await context.write(response)
            except Exception as error:  # noqa: BLE001 - the boundary of a call
                await _abort(error, method, context)

        return guarded


async def _abort(
    error: Exception, method: str, context: grpc.aio.ServicerContext[Any, Any]
) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    await _read_up(context)
    await context.abort_with_status(to_status(understand(error, method)))


async def _read_up(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Read what the client is still sending.

    Where a call ends while its client waits for room to send, grpc.aio tells that client INTERNAL instead of
    the status: 96 of 100 times where it sends megabytes without a pause, and 7 of 100 after this.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(READ_UP_S):
            while await _next(context) is not grpc.aio.EOF:
                pass


async def _next(context: grpc.aio.ServicerContext[Any, Any]) -> Any:
    async with asyncio.timeout(QUIET_S):
        return await context.read()


def run(main: Coroutine[Any, Any, None]) -> int:
    """Run a service process; return its exit status. A `Misconfigured` start is one line, status 2."""
    logs.set_up()
    status = 0
    try:
        logs.set_up(load("observability", ObservabilitySettings).log_format)
        asyncio.run(main)
    except* AntiphonError as errors:
        # What is raised beside running tasks comes in groups.
        log.error("%s", understand(errors, "the service").message)
        status = 2
    return status
