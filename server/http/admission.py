"""Finds the key that an HTTP request or a WebSocket shows."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from server.access.grant import Grant
from server.access.keyring import Keyring

# A browser's WebSocket can send no header: OpenAI's clients send the key as a subprotocol, beside
# `realtime`, which is the one that is agreed on.
KEY_PROTOCOL = "openai-insecure-api-key."
PROTOCOL = "realtime"


def admit(connection: HTTPConnection, keyring: Keyring) -> Grant:
    """Return what the key allows; raise `NotPermitted` where there is none or it is unknown."""
    offered = key_protocol(connection)
    shown = f"Bearer {offered}" if offered else connection.headers.get("authorization")
    return keyring.check(shown)


def key_protocol(connection: HTTPConnection) -> str:
    """Return the key among the subprotocols, as only browsers have to send it."""
    return next(
        (
            name.removeprefix(KEY_PROTOCOL)
            for name in protocols(connection)
            if name.startswith(KEY_PROTOCOL)
        ),
        "",
    )


def protocols(connection: HTTPConnection) -> list[str]:
    """Return the subprotocols that a WebSocket's client offers."""
    offered: list[str] = connection.scope.get("subprotocols", [])
    return offered
