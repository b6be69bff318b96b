"""Requests of a client that may have forgotten its stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from antiphon.errors import Conflict

# Riva's clients send silence while nobody speaks, every 5 s at the least, and text within a reply. One that
# sends nothing for minutes holds a place that others want.
IDLE_S = 300.0

Request = TypeVar("Request")


async def patiently(requests: AsyncIterator[Request]) -> AsyncIterator[Request]:
    """Yield `requests` as they come; raise `Conflict` where nothing comes for `IDLE_S`."""
    coming = aiter(requests)
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                request = await anext(coming)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Conflict(
                f"nothing came for {IDLE_S:.0f} s: half-close the stream after the last message, or send "
                "silence while nobody speaks",
                reason="IDLE",
            ) from None
        yield request
