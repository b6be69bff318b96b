"""WebSocket `/v1/realtime`: a session of its own, or with `?call_id=` a second hand on a call."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketState

from antiphon.errors import AntiphonError
from antiphon.failures import understand
from server.access.grant import Grant
from server.access.keyring import Keyring
from server.http.admission import PROTOCOL, admit, key_protocol, protocols
from server.http.errors import respond
from server.http.realtime.calls import Calls
from server.http.realtime.listener import Listener
from server.http.realtime.opening import opening
from server.http.realtime.socket_line import SocketLine, close, send
from server.sessions import Sessions


class Sockets:
    """Whom it refuses sees an HTTP status in place of a handshake; a browser, which could not, a close."""

    def __init__(self, keyring: Keyring, sessions: Sessions, calls: Calls) -> None:
        self._keyring = keyring
        self._sessions = sessions
        self._calls = calls
        self.router = APIRouter()
        self.router.add_api_websocket_route("/v1/realtime", self.serve)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one socket to its end."""
        problem: AntiphonError | None = None
        try:
            await self._serve(websocket)
        except Exception as error:  # noqa: BLE001 - the boundary of a line
            problem = understand(error, "a WebSocket")
        if problem is not None and _may_be_denied(websocket):
            await websocket.send_denial_response(respond(problem))
            return
        await _accept(websocket)
        await close(websocket, problem)

    async def _serve(self, websocket: WebSocket) -> None:
        grant = admit(websocket, self._keyring)
        call_id = websocket.query_params.get("call_id")
        if call_id is not None:
            await self._listen_in(websocket, grant, call_id)
            return
        with self._sessions.seat(opening(websocket, grant)) as seat:
            await _accept(websocket)
            socket = SocketLine(websocket, seat.close)
            await seat.converse(socket.line, socket.deliver)

    async def _listen_in(self, websocket: WebSocket, grant: Grant, call_id: str) -> None:
        with self._calls.find(call_id, grant).listener() as listener:
            await _accept(websocket)
            async with asyncio.TaskGroup() as tasks:
                speaking = tasks.create_task(_speak_up(websocket, listener))
                async for event in listener.events():
                    await send(websocket, event)
                speaking.cancel()


async def _speak_up(websocket: WebSocket, listener: Listener) -> None:
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        if text is not None:
            await listener.say(text)
    listener.end()


def _may_be_denied(websocket: WebSocket) -> bool:
    return websocket.application_state is WebSocketState.CONNECTING and not key_protocol(websocket)


async def _accept(websocket: WebSocket) -> None:
    if websocket.application_state is WebSocketState.CONNECTING:
        await websocket.accept(PROTOCOL if PROTOCOL in protocols(websocket) else None)
