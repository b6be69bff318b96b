"""Streams that their clients may have forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar

from antiphon.errors import AntiphonError, Conflict

# Clients send silence while nobody speaks, every 5 s at the least, and text within a reply. One that
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
            raise _idle() from None
        yield request


class Patience:
    """Ends its block with `Conflict` where nothing is heard for `IDLE_S`, or with what it is told to refuse.

    The block's task is cancelled for it, so whoever hears and refuses may be another.
    """

    def __init__(self) -> None:
        self._timeout = asyncio.timeout(IDLE_S)
        self._problem: AntiphonError = _idle()
        self._over = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            raise self._problem from None

    def heard(self) -> None:
        """Begin to wait anew."""
        self._wait(IDLE_S)

    def refuse(self, problem: AntiphonError) -> None:
        """End the block with `problem`."""
        self._problem = problem
        self._wait(0)
        self._over = True

    def _wait(self, delay_s: float) -> None:
        if not self._over and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time() + delay_s)


def _idle() -> Conflict:
    return Conflict(
        f"nothing came for {IDLE_S:.0f} s: half-close the stream after the last message, or send silence "
        "while nobody speaks",
        reason="IDLE",
    )
