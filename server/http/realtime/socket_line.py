"""A WebSocket as a session's line: events both ways, with audio as base64 inside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from openai import BaseModel
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from antiphon.errors import AntiphonError, Exhausted, InvalidInput
from server.conversation.line import Incoming, Line, LineLost
from server.conversation.outbox import STALL_S, Audio, Outbox, Outgoing, stalled
from server.edge.converse import LEAD_MS
from server.realtime import server_events

# RFC 6455: closed normally, or without a code. A tab that is closed or reloaded says 1001: it may be back.
HUNG_UP = (1000, 1005)
NORMAL = 1000
# Codes from 4000 on are the application's own (RFC 6455 section 7.4.2): ours are HTTP's statuses.
PROBLEMS = 4000
# A close frame holds 125 bytes, 2 of them the code.
MAX_REASON_BYTES = 123


class SocketLine:
    """Reads no faster than the session obeys, and so does TCP: a flood of events waits at its source.

    `hang_up` is called where the client closes it for good.
    """

    def __init__(self, websocket: WebSocket, hang_up: Callable[[], None]) -> None:
        self._websocket = websocket
        self._hang_up = hang_up
        self._outbox = Outbox()
        self.line = Line(self._incoming(), self._outbox, LEAD_MS)

    async def deliver(self, item: Outgoing) -> None:
        """Send `item`; raise `Exhausted` where the client does not read. A closed socket drops it."""
        await send(self._websocket, item.as_event() if isinstance(item, Audio) else item)

    async def _incoming(self) -> AsyncIterator[Incoming]:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                # What is still to be said finds nobody.
                self._outbox.close()
                if message.get("code") not in HUNG_UP:
                    raise LineLost
                self._hang_up()
                return
            text = message.get("text")
            if text is not None:
                yield text
            else:
                await self._outbox.put(server_events.error(_binary()))


async def send(websocket: WebSocket, event: BaseModel) -> None:
    """Send `event`; raise `Exhausted` where the client does not read. A closed socket drops it."""
    if not _is_open(websocket):
        return
    try:
        # Waits for the client to read.
        async with asyncio.timeout(STALL_S):
            await websocket.send_text(server_events.to_json(event))
    except TimeoutError:
        raise stalled() from None
    except WebSocketDisconnect:
        # The reading side meets the end too, and knows which it is.
        return


async def close(websocket: WebSocket, problem: AntiphonError | None) -> None:
    """Close the socket, telling `problem` as an event and as the close's reason; within a bound."""
    try:
        async with asyncio.timeout(STALL_S):
            if problem is not None and not isinstance(problem, Exhausted):
                await send(websocket, server_events.error(problem))
            if not _is_open(websocket):
                return
            if problem is None:
                await websocket.close(NORMAL)
            else:
                await websocket.close(PROBLEMS + problem.http_status, _reason(problem))
    except (TimeoutError, WebSocketDisconnect):
        return  # it is closed, or nobody reads: the server ends the connection


def _is_open(websocket: WebSocket) -> bool:
    """Return whether nothing has failed to be sent; what the client does is seen when it is read."""
    return websocket.application_state is WebSocketState.CONNECTED


def _reason(problem: AntiphonError) -> str:
    text = f"{problem.reason.lower()}: {problem.message}"
    return text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


def _binary() -> InvalidInput:
    return InvalidInput(
        "events are JSON text: audio goes as base64 in `input_audio_buffer.append`",
        reason="BINARY_EVENT",
    )
