"""Whose session and turn a call to an engine serves, so that the lines of the engine's log say it too."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from antiphon.observability.logs import SESSION, TURN

KEYS = {"antiphon-session": SESSION, "antiphon-turn": TURN}
# As the gateway makes them. Nothing else that a call carries comes into a log.
_IDENTIFIER = re.compile(r"[a-z]+_[0-9a-z]{1,64}")


def attributed() -> tuple[tuple[str, str], ...]:
    """Return the metadata that tell an engine what the calling task is about."""
    return tuple((key, ids.get()) for key, ids in KEYS.items() if ids.get())


class Attribution(grpc.aio.ServerInterceptor):
    """Notes what a call is about for what is logged in it: each call is handled in a task of its own."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        details: grpc.HandlerCallDetails,
    ) -> Any:
        """Return the handler as it is."""
        for key, value in details.invocation_metadata or ():
            if key in KEYS and isinstance(value, str) and _IDENTIFIER.fullmatch(value):
                KEYS[key].set(value)
        return await continuation(details)
