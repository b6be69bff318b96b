"""How a benchmark's caller reaches the gateway; audio is PCM16, mono, 24 kHz everywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, Protocol

from ops.bench.bench import Transport
from ops.bench.services import Running

Event = dict[str, Any]


class Line(Protocol):
    """One session with the gateway."""

    async def hear(self, audio: bytes) -> None:
        """Send the caller's audio."""
        ...

    async def tell(self, event: Event) -> None:
        """Send a client event."""
        ...

    def received(self) -> AsyncIterator[bytes | Event]:
        """Yield audio and server events as they come, until the session ends."""
        ...


DESCRIPTIONS: Mapping[Transport, str] = {
    Transport.WEBSOCKET: "WebSocket on a Unix socket",
    Transport.WEBRTC: "WebRTC on loopback; the caller's end is stock aiortc with its buffer",
    Transport.GRPC: "gRPC Converse on a Unix socket",
}


def dial(transport: Transport, services: Running) -> AbstractAsyncContextManager[Line]:
    """Return a session over `transport`: `dial` of ops/bench/calls/TRANSPORT_line.py."""
    # Imported only when used: aiortc alone takes half a second.
    module = import_module(f"ops.bench.calls.{transport}_line")
    dial_line: Callable[[Running], AbstractAsyncContextManager[Line]] = module.dial
    return dial_line(services)
