"""Answers that are sent while they are made."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from antiphon.errors import Exhausted
from antiphon.v1 import synthesizer_pb2
from server.http.openai.streamed import STALLED_S, streamed, while_connected
from tests.server.fake_call import FakeCall
from tests.server.fakes import spoken
from tests.server.http.openai.counter import LIMIT_S, Counter
from tests.virtual_time import run_virtual


class Exchange:
    """A request whose client leaves at `leaves_s`, and takes at most `takes` messages."""

    def __init__(self, leaves_s: float = 3600, takes: int = 99, closed: bool = False) -> None:
        self.sent: list[Message] = []
        self._leaves_s = leaves_s
        self._takes = takes
        self._closed = closed

    async def receive(self) -> Message:
        await asyncio.sleep(self._leaves_s)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if len(self.sent) == self._takes:
            if self._closed:
                raise OSError("closed")
            await asyncio.Event().wait()
        self.sent.append(message)

    @property
    def body(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]


class Maker:
    """Makes a piece a second; knows whether it was told to stop."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.made = 0
        self.ended_at_s: float | None = None
        self._fails = fails

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            if self._fails is not None:
                raise self._fails
            for self.made in range(1, 6):
                await asyncio.sleep(1)
                yield b"%d" % self.made
        finally:
            self.ended_at_s = asyncio.get_running_loop().time()


async def answer(exchange: Exchange, maker: Maker) -> None:
    request = Request({"type": "http", "headers": []}, exchange.receive)
    response = await streamed(request, maker.pieces(), "audio/mpeg")
    await response({"type": "http"}, exchange.receive, exchange.send)


def test_pieces_are_sent_as_they_are_made() -> None:
    exchange, maker = Exchange(), Maker()
    run_virtual(answer(exchange, maker))
    start = exchange.sent[0]
    assert (start["status"], exchange.body) == (200, [b"1", b"2", b"3", b"4", b"5", b""])
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"audio/mpeg" and b"content-length" not in headers
    assert not exchange.sent[-1].get("more_body", False)


@pytest.mark.parametrize(
    ("exchange", "ended_at_s"),
    [
        (Exchange(leaves_s=0.5), 0.5),  # before the first piece
        (Exchange(leaves_s=1.5), 2.5),  # each phase of the answer waits anew in this test
        (Exchange(takes=2), 2 + STALLED_S),
        (Exchange(takes=2, closed=True), 2),
    ],
    ids=["early", "late", "stalled", "closed"],
)
def test_nothing_is_made_for_nobody(exchange: Exchange, ended_at_s: float) -> None:
    maker = Maker()
    with pytest.raises(ClientDisconnect):
        run_virtual(answer(exchange, maker))
    assert maker.ended_at_s == ended_at_s


def test_a_refusal_comes_before_the_response_begins() -> None:
    exchange = Exchange()
    with pytest.raises(Exhausted):
        run_virtual(answer(exchange, Maker(Exhausted("full"))))
    assert not exchange.sent


def test_no_pieces_are_an_empty_response() -> None:
    async def none() -> AsyncGenerator[bytes, None]:
        return
        yield b""

    async def main() -> list[bytes]:
        exchange = Exchange()
        request = Request({"type": "http", "headers": []}, exchange.receive)
        response = await streamed(request, none(), "x/y")
        await response({"type": "http"}, exchange.receive, exchange.send)
        return exchange.body

    assert b"".join(run_virtual(main())) == b""


def test_work_is_done_while_the_client_is_there() -> None:
    async def work() -> int:
        await asyncio.sleep(1)
        return 7

    def within(leaves_s: float) -> Callable[[], Awaitable[Any]]:
        return lambda: while_connected(Exchange(leaves_s).receive, work())

    async def main(run: Callable[[], Awaitable[Any]]) -> Any:
        return await run()

    assert run_virtual(main(within(2))) == 7
    with pytest.raises(ClientDisconnect):
        run_virtual(main(within(0.5)))


def test_a_client_that_goes_away_ends_the_synthesis() -> None:
    """Over a real connection, in the middle of a minute of speech that it does not read."""

    async def main() -> None:
        counter = Counter()
        gone = asyncio.Event()
        call = FakeCall()
        call.on_cancel = gone.set
        # 20 minutes: more than the buffers between the two hold, which a client that does not read fills.
        chunk = synthesizer_pb2.SynthesizeResponse(audio=spoken("Hello", 0, 0, word_ms=60_000))
        call.on_half_close = lambda: call.send(*[chunk] * 20)
        cast(Any, counter.voice).Synthesize = lambda metadata: call
        options: dict[str, Any] = {"lifespan": "off", "log_config": None, "http": "h11"}
        server = uvicorn.Server(uvicorn.Config(counter.app(), **options))
        listening = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        body = b'{"input": "Hello", "response_format": "pcm"}'
        writer.write(
            b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ak_test\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert b"200 OK" in await reader.readline()
        assert not call.cancelled
        writer.transport.abort()
        await gone.wait()
        server.should_exit = True
        await serving
        listening.close()
        assert call.cancelled

    async def bounded() -> None:
        async with asyncio.timeout(LIMIT_S):
            await main()

    asyncio.run(bounded())
