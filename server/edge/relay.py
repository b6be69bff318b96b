"""One call passed on to an engine service, whose answers, refusals and timing come back as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message

from antiphon import caller
from antiphon.errors import InvalidInput
from antiphon.guest import AS_GUEST
from antiphon.serving import MAX_MESSAGE_BYTES
from antiphon.timing import from_trailers
from server.edge.patience import Patience
from server.edge.replies import write
from server.engines.inquiry import PATIENCE_S, ask
from server.engines.stream import responses

Context = grpc.aio.ServicerContext[Any, Any]


async def stream(
    method: Callable[..., Any], requests: AsyncIterator[Any], context: Context, service: str
) -> None:
    """Call `method` with what the client sends, and send the client all that it answers.

    All calls of a connection are told to be one caller's, and a guest's.
    Raises the `AntiphonError` that the call fails with. A client that goes away, no longer reads, or neither
    sends nor is sent anything for minutes, ends the call; its deadline is the call's.
    """
    async with Patience() as patience:
        passed = _held(requests, patience)
        await _pass_on(method, passed, context, service, patience.heard)


async def answers(
    method: Callable[..., Any], request: Message, context: Context, service: str
) -> None:
    """Call `method` with the one thing that the client asks; else as `stream` does."""
    _check(request)
    await _pass_on(method, request, context, service, lambda: None)


async def unary(
    method: Callable[..., Any],
    request: Message,
    context: Context,
    service: str,
    patience_s: float = PATIENCE_S,
) -> Any:
    """Return what `method` answers within `patience_s`; raise likewise."""
    _check(request)
    left_s = context.time_remaining()
    timeout_s = patience_s if left_s is None else min(left_s, patience_s)
    return await ask(partial(method, metadata=AS_GUEST), request, service, timeout_s)


async def _held(requests: AsyncIterator[Any], patience: Patience) -> AsyncIterator[Any]:
    try:
        async for request in requests:
            _check(request)
            patience.heard()
            yield request
    except InvalidInput as problem:
        patience.refuse(problem)
        # To end here would be to half-close; the call is about to be cancelled, and this with it.
        await asyncio.Event().wait()


def _check(request: Message) -> None:
    # The gateway takes longer ones for the sake of Riva's recordings; an engine's gRPC would refuse them as
    # what may be tried again.
    if request.ByteSize() > MAX_MESSAGE_BYTES:
        raise InvalidInput(
            f"a message of {request.ByteSize()} bytes is over the {MAX_MESSAGE_BYTES} that one may hold",
            reason="MESSAGE_TOO_LARGE",
        )


async def _pass_on(
    method: Callable[..., Any],
    requests: Any,
    context: Context,
    service: str,
    heard: Callable[[], None],
) -> None:
    metadata = (*caller.by(context.peer()), *AS_GUEST)
    call = method(requests, timeout=context.time_remaining(), metadata=metadata)
    try:
        async for response in responses(call, service):
            await write(context, response)
            heard()
        timing = from_trailers(await call.trailing_metadata())
        if timing is not None:
            context.set_trailing_metadata(timing.trailers())
    finally:
        call.cancel()
