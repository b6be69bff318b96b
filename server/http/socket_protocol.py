"""uvicorn's WebSocket protocol, made fit for clients that do not behave."""

from __future__ import annotations

import asyncio

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# How long a client may take to read why it was refused, and to close.
LINGER_S = 5.0
# A client that has sent nothing for so long has no more to send.
QUIET_S = 0.5


class SocketProtocol(WebSocketsSansIOProtocol):
    """Tells a line that broke (code 1006) from one that was closed, and keeps no connection for ever."""

    _heard_s = 0.0

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; what follows a message that was refused is dropped."""
        self._heard_s = self.loop.time()
        if self.conn.parser_exc is None:
            super().data_received(data)
        else:
            self._close_when_quiet()

    def handle_parser_exception(self) -> None:
        """Refuse a message, such as one that is too large, and say why.

        While the client still sends, closing the connection would make the kernel reset it, and throw away
        the reason.
        """
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.transport.resume_reading()
        self._close_when_quiet()

    def keepalive_timeout(self) -> None:
        """Give a client up that answers no ping, unless its answer waits behind what it sent before.

        That is read only as fast as the session obeys it, so a burst may hold an answer back for long.
        """
        if self.read_paused or self._heard_s > self.ping_sent_at:
            self.pong_timer = None
            self.schedule_ping()
        else:
            super().keepalive_timeout()

    async def send(self, message: ASGISendEvent) -> None:
        """Send; raise `ClientDisconnected`, an `OSError`, where the socket is closed already."""
        if self.close_sent:
            # uvicorn takes it for the handler's mistake, which cannot know.
            raise ClientDisconnected
        await super().send(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection."""
        if self.conn.close_rcvd is None:
            # uvicorn says 1005, which is also what a browser's `close()` without a code means.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        super().connection_lost(exc)

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Bound what is left once the handler has returned: a client that never reads closes nothing."""
        super().on_task_complete(task)
        self.loop.call_later(LINGER_S, self._abort)

    def _abort(self) -> None:
        if not self.disconnected:
            self.transport.abort()

    def _close_when_quiet(self) -> None:
        # uvicorn leaves the connection open while there is this timer.
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(QUIET_S, self.transport.close)
