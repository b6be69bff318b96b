"""One call passed on to an engine service, whose answers, refusals and timing come back as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from antiphon import caller
from antiphon.guest import AS_GUEST
from antiphon.status import from_rpc_error
from antiphon.timing import from_trailers
from server.edge.replies import write
from server.engines.stream import responses

Context = grpc.aio.ServicerContext[Any, Any]


async def stream(method: Callable[..., Any], requests: Any, context: Context, service: str) -> None:
    """Call `method` with what the client sends, and send the client all that it answers.

    All calls of a connection are told to be one caller's, and a guest's.
    Raises the `AntiphonError` that the call fails with. A client that goes away, or no longer reads, ends
    the call; its deadline is the call's.
    """
    metadata = (*caller.by(context.peer()), *AS_GUEST)
    call = method(requests, timeout=context.time_remaining(), metadata=metadata)
    try:
        async for response in responses(call, service):
            await write(context, response)
        timing = from_trailers(await call.trailing_metadata())
        if timing is not None:
            context.set_trailing_metadata(timing.trailers())
    finally:
        call.cancel()


async def unary(method: Callable[..., Any], request: Any, context: Context, service: str) -> Any:
    """Return what `method` answers; raise likewise."""
    try:
        return await method(request, timeout=context.time_remaining(), metadata=AS_GUEST)
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, service) from None
