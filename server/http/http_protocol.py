"""uvicorn's HTTP protocol, made fit for clients that do not read, or do not ask."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# As long as a stream waits for its client, `streamed.STALLED_S`.
UNREAD_S = 60.0
# A browser opens a connection ahead of its need; others ask within moments.
HEAD_S = 10.0


class HttpProtocol(H11Protocol):
    """Gives a connection up whose client has read nothing of what is sent for `UNREAD_S`.

    uvicorn only closes it, whatever ended the response, and a transport that is closed first waits for its
    client to read what is left: for ever. Nor does it mind one that connects and asks nothing, or half of it,
    though connections have a bound.
    """

    _unread: asyncio.TimerHandle | None = None
    _head: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask to be told of anything that is left unread, not of 64 KB of it alone."""
        super().connection_made(transport)
        # Over TLS, 0 would hold for nothing at all.
        transport.set_write_buffer_limits(high=1)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Note whether a request has come whole, but for its body."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._await_head()
        else:
            self._forget_head()

    def pause_writing(self) -> None:
        """Note that the client does not read as fast as it is sent to."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Note that it has read all."""
        super().resume_writing()
        self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection."""
        self._forget()
        self._forget_head()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to the WebSocket protocol as it was."""
        self._forget()
        self._upgraded = True
        self._forget_head()
        self.transport.set_write_buffer_limits()
        super().handle_websocket_upgrade(event)

    def _await_head(self) -> None:
        if self._head is None and not self._upgraded:
            self._head = self.loop.call_later(HEAD_S, self.transport.abort)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _watch(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(UNREAD_S, self._check, left)

    def _check(self, left: int) -> None:
        if self.transport.get_write_buffer_size() < left:
            self._watch()
        else:
            self.transport.abort()

    def _forget(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
