"""Writing to a client that may have stopped reading."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from server.conversation.outbox import STALL_S, stalled


async def write(context: grpc.aio.ServicerContext[Any, Any], response: object) -> None:
    """Send `response` once the client has room; raise `Exhausted` where it reads nothing for `STALL_S`."""
    try:
        async with asyncio.timeout(STALL_S):
            await context.write(response)
    except TimeoutError:
        raise stalled() from None
