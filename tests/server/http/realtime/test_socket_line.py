"""A WebSocket as a line: which end is which, and a client that does not read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai.types import realtime as oai
from starlette.types import Message
from starlette.websockets import WebSocket

from antiphon.errors import AntiphonError, Exhausted, InvalidInput
from server.conversation.line import Incoming, LineLost
from server.conversation.outbox import STALL_S, Audio
from server.http.realtime.socket_line import MAX_REASON_BYTES, SocketLine, close, send
from server.realtime import server_events
from tests.virtual_time import run_virtual


class Socket:
    """An accepted WebSocket: what it receives, and what was sent over it."""

    def __init__(self, *received: Message) -> None:
        self.sent: list[Message] = []
        self.fails: Exception | None = None
        self.stalls = False
        self._received = [{"type": "websocket.connect"}, *received]
        self.websocket = WebSocket({"type": "websocket"}, self._receive, self._send)

    async def accept(self) -> WebSocket:
        await self.websocket.accept()
        self.sent.clear()
        return self.websocket

    async def _receive(self) -> Message:
        return self._received.pop(0)

    async def _send(self, message: Message) -> None:
        if self.stalls:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise self.fails
        self.sent.append(message)


def text(said: str) -> Message:
    return {"type": "websocket.receive", "text": said}


def disconnect(code: int) -> Message:
    return {"type": "websocket.disconnect", "code": code}


async def _read(socket: Socket) -> tuple[list[Incoming], bool]:
    """Return what came in, and whether the client hung up."""
    hung_up = asyncio.Event()
    line = SocketLine(await socket.accept(), hung_up.set).line
    items = [item async for item in line.incoming]
    assert [item async for item in line.outbox] == []
    return items, hung_up.is_set()


@pytest.mark.parametrize("code", [1000, 1005])
def test_a_client_that_closes_has_hung_up(code: int) -> None:
    socket = Socket(text("one"), text("two"), disconnect(code))
    assert run_virtual(_read(socket)) == (["one", "two"], True)


@pytest.mark.parametrize("code", [1001, 1006, 1009, 1011, 1012])
def test_any_other_end_is_a_lost_line(code: int) -> None:
    with pytest.raises(LineLost):
        run_virtual(_read(Socket(text("one"), disconnect(code))))


def test_audio_goes_out_inside_an_event_with_its_response() -> None:
    async def main() -> None:
        socket = Socket()
        line = SocketLine(await socket.accept(), lambda: None)
        await line.deliver(Audio(b"\1\2", "resp_1", "item_1"))
        (message,) = socket.sent
        event = oai.ResponseAudioDeltaEvent.model_validate_json(message["text"])
        assert (event.response_id, event.item_id, event.delta) == ("resp_1", "item_1", "AQI=")

    run_virtual(main())


def test_a_client_that_does_not_read_is_given_up() -> None:
    async def main() -> None:
        socket = Socket()
        websocket = await socket.accept()
        socket.stalls = True
        with pytest.raises(Exhausted) as stalled:
            await send(websocket, server_events.state("listening"))
        assert stalled.value.reason == "CLIENT_STALLED"
        await close(websocket, stalled.value)
        assert asyncio.get_running_loop().time() == pytest.approx(2 * STALL_S)

    run_virtual(main())


def test_what_is_said_to_a_client_that_is_gone_is_dropped() -> None:
    async def main() -> None:
        socket = Socket()
        websocket = await socket.accept()
        socket.fails = OSError("gone")
        await send(websocket, server_events.state("listening"))

    run_virtual(main())


def _closed(problem: AntiphonError | None) -> list[Message]:
    async def main() -> list[Message]:
        socket = Socket()
        await close(await socket.accept(), problem)
        return socket.sent

    return run_virtual(main())


def test_an_end_without_a_problem_is_a_normal_close() -> None:
    (message,) = _closed(None)
    assert (message["type"], message["code"]) == ("websocket.close", 1000)


@pytest.mark.parametrize(
    ("problem", "kinds", "code"),
    [
        (InvalidInput("x"), ["websocket.send", "websocket.close"], 4400),
        (Exhausted("x"), ["websocket.close"], 4503),
    ],
)
def test_a_problem_is_an_event_and_a_code(
    problem: AntiphonError, kinds: list[str], code: int
) -> None:
    messages = _closed(problem)
    assert [message["type"] for message in messages] == kinds
    assert messages[-1]["code"] == code


@pytest.mark.parametrize("message", ["x" * 500, "\u00fc" * 500])
def test_a_reason_fits_its_frame(message: str) -> None:
    reason: Any = _closed(InvalidInput(message))[-1]["reason"]
    assert reason.startswith("invalid_input: ")
    assert MAX_REASON_BYTES - 1 <= len(reason.encode()) <= MAX_REASON_BYTES


@pytest.mark.parametrize("problem", [None, InvalidInput("x"), Exhausted("x")])
def test_closing_what_is_closed_is_no_matter(problem: AntiphonError | None) -> None:
    async def main() -> None:
        socket = Socket()
        websocket = await socket.accept()
        socket.fails = OSError("gone")
        await close(websocket, problem)
        await close(websocket, problem)
        await send(websocket, server_events.state("listening"))

    run_virtual(main())
