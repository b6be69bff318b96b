"""How a call is passed on, without gRPC: what is read, what is told, and that nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import pytest

from antiphon import caller
from antiphon.errors import Conflict, Exhausted, InvalidInput, Unavailable
from antiphon.guest import AS_GUEST
from antiphon.serving import MAX_MESSAGE_BYTES
from antiphon.timing import QUEUE_TRAILER, Timing
from antiphon.v1.generator_pb2 import Message, WarmRequest
from server.conversation.outbox import STALL_S
from server.edge import relay
from server.edge.patience import IDLE_S
from server.engines.inquiry import PATIENCE_S
from tests.server.fake_call import FakeCall, refusal, rpc_error
from tests.virtual_time import run_virtual


class Client:
    """A client's end of a call, and the seconds it has left."""

    def __init__(self, reads: bool = True) -> None:
        self.received: list[Any] = []
        self.trailers: Any = None
        self._reads = reads

    def peer(self) -> str:
        return "ipv4:127.0.0.1:50000"

    def time_remaining(self) -> float:
        return 7.0

    async def write(self, response: Any) -> None:
        if not self._reads:
            await asyncio.Event().wait()
        self.received.append(response)

    def set_trailing_metadata(self, trailers: Any) -> None:
        self.trailers = trailers


class Method:
    """A stub's method whose call is `call`."""

    def __init__(self, call: FakeCall) -> None:
        self._call = call
        self.timeout: float | None = None
        self.metadata: caller.Metadata = ()

    def __call__(self, requests: Any, timeout: float | None, metadata: caller.Metadata) -> FakeCall:
        self.timeout = timeout
        self.metadata = metadata
        return self._call


async def _relay(call: FakeCall, client: Client) -> Method:
    method = Method(call)
    await relay.stream(method, _silence(), cast(relay.Context, client), "language model")
    return method


async def _silence() -> AsyncIterator[Any]:
    await asyncio.Event().wait()
    yield None


def test_answers_come_in_order_and_the_trailers_that_are_timing_after_them() -> None:
    async def story() -> None:
        call, client = FakeCall(), Client()
        call.send("a", "b")
        call.trailers = grpc.aio.Metadata(*Timing(1, 2, 3).trailers(), ("secret", "x"))
        call.end()
        method = await _relay(call, client)
        assert client.received == ["a", "b"]
        assert client.trailers == Timing(1, 2, 3).trailers()
        assert client.trailers[0][0] == QUEUE_TRAILER
        assert method.timeout == 7.0
        assert method.metadata == (*caller.by(client.peer()), *AS_GUEST)

    run_virtual(story())


def test_a_service_that_reports_no_timing_adds_none() -> None:
    async def story() -> None:
        call, client = FakeCall(), Client()
        call.end()
        await _relay(call, client)
        assert client.trailers is None

    run_virtual(story())


def test_a_refusal_passes_and_ends_the_call() -> None:
    async def story() -> None:
        call = FakeCall()
        call.fail(refusal(InvalidInput("no", reason="NO")))
        with pytest.raises(InvalidInput) as refused:
            await _relay(call, Client())
        assert refused.value.reason == "NO"

    run_virtual(story())


def test_a_client_that_reads_nothing_is_let_go_and_the_service_with_it() -> None:
    async def story() -> None:
        call = FakeCall()
        call.send("a")
        began = asyncio.get_running_loop().time()
        with pytest.raises(Exhausted):
            await _relay(call, Client(reads=False))
        assert asyncio.get_running_loop().time() - began == STALL_S
        assert call.cancelled

    run_virtual(story())


def test_a_forgotten_stream_is_let_go_unless_the_service_still_answers() -> None:
    async def story() -> None:
        call = FakeCall()
        loop = asyncio.get_running_loop()
        for times in (1, 2, 3):
            loop.call_later(times * (IDLE_S - 1), call.send, "a")
        with pytest.raises(Conflict, match="nothing came"):
            await _relay(call, Client())
        assert loop.time() == pytest.approx(3 * (IDLE_S - 1) + IDLE_S)
        assert call.cancelled

    run_virtual(story())


class Reading(Method):
    """Takes what the client sends, in a task of its own, as grpc.aio does."""

    def __init__(self, call: FakeCall) -> None:
        super().__init__(call)
        self.taken: list[Any] = []

    def __call__(self, requests: Any, timeout: float | None, metadata: caller.Metadata) -> FakeCall:
        reading = asyncio.create_task(self._read(requests))

        def stop() -> None:
            reading.cancel()

        self._call.on_cancel = stop
        return super().__call__(requests, timeout, metadata)

    async def _read(self, requests: AsyncIterator[Any]) -> None:
        async for request in requests:
            self.taken.append(request)


async def _say(*texts: str) -> AsyncIterator[WarmRequest]:
    for text in texts:
        yield WarmRequest(messages=[Message(content=text)])


def test_what_is_longer_than_an_engine_takes_is_the_clients_mistake() -> None:
    long = "x" * MAX_MESSAGE_BYTES

    async def story() -> None:
        client = cast(relay.Context, Client())
        call = FakeCall()
        reading = Reading(call)
        with pytest.raises(InvalidInput, match="is over the 4194304") as refused:
            await relay.stream(reading, _say("a", long, "b"), client, "voice")
        assert refused.value.reason == "MESSAGE_TOO_LARGE"
        assert len(reading.taken) == 1
        assert call.cancelled
        with pytest.raises(InvalidInput, match="is over the 4194304"):
            await relay.answers(Method(FakeCall()), await anext(_say(long)), client, "voice")

    run_virtual(story())


def test_one_question_is_answered_at_length() -> None:
    async def story() -> None:
        call, client = FakeCall(), Client()
        call.send("a", "b")
        call.end()
        context = cast(relay.Context, client)
        await relay.answers(Method(call), WarmRequest(), context, "language model")
        assert client.received == ["a", "b"]

    run_virtual(story())


def test_one_answer_or_one_refusal() -> None:
    async def answer(_: Any, **options: object) -> object:
        assert options["metadata"] == AS_GUEST
        return options["timeout"]

    async def fail(_: Any, **__: object) -> None:
        raise rpc_error()

    async def story() -> None:
        client = cast(relay.Context, Client())
        request = WarmRequest()
        assert await relay.unary(answer, request, client, "voice") == PATIENCE_S
        assert await relay.unary(answer, request, client, "voice", 30.0) == 7.0
        with pytest.raises(Unavailable):
            await relay.unary(fail, request, client, "voice")

    run_virtual(story())
