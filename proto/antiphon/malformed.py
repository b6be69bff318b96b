"""Messages that are none of those that a method takes.

grpc.aio reads a message before it calls the handler, or in the handler's iterator, and tells the client
UNKNOWN or INTERNAL of one that cannot be read. Read with these, it is the handler's guard that meets it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from antiphon.errors import InvalidInput

Deserializer = Callable[[bytes], Any]


class Malformed:
    """Stands for a message that could not be read."""


def tolerant(deserialize: Deserializer) -> Deserializer:
    """Return what reads as `deserialize` does, but for what it cannot read, which is a `Malformed`."""

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except Exception:  # noqa: BLE001 - each implementation of protobuf has its own
            return Malformed()

    return read


def checked(request: Any) -> Any:
    """Return `request`; raise `InvalidInput` where it is a `Malformed`."""
    if isinstance(request, Malformed):
        raise InvalidInput(
            "a message cannot be read: it is cut off, of another type, or has text that is not UTF-8",
            reason="MALFORMED_MESSAGE",
        )
    return request


async def each_checked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Yield `requests`; raise likewise."""
    async for request in requests:
        yield checked(request)
