"""Sessions over Converse: keys, seats, bounds, ends; in virtual time, and over gRPC where that matters."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from openai.types import realtime as oai

from antiphon.channel import connect
from antiphon.errors import (
    AntiphonError,
    Exhausted,
    InvalidInput,
    NotFound,
    NotPermitted,
)
from antiphon.serving import ErrorInterceptor
from antiphon.status import from_rpc_error
from antiphon.v1 import conversation_pb2 as pb
from antiphon.v1.common_pb2 import GetInfoRequest
from antiphon.v1.conversation_pb2_grpc import ConversationStub, add_ConversationServicer_to_server
from antiphon.v1.recognizer_pb2 import RecognizeResponse, SpeechStarted
from antiphon.v1.recognizer_pb2_grpc import (
    RecognizerServicer,
    RecognizerStub,
    add_RecognizerServicer_to_server,
)
from server.access import installation_key as keys
from server.access.grant import Grant, Holder
from server.access.keyring import Keyring
from server.conversation.outbox import STALL_S
from server.edge import replies
from server.edge.converse import MAX_AUDIO_BYTES, MAX_EVENT_BYTES, RESUME_METADATA, Converse
from server.host import RESUME_S
from server.realtime import client_events
from server.session_maker import SessionMaker
from server.sessions import Sessions, hosting
from server.settings import AgentSettings
from tests.server.fake_call import refusal
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import FRAME, WORDS, Event, first_of
from tests.virtual_time import run_virtual

KEY = "ak_test"


class Line:
    """A caller's end of Converse without gRPC: what it sends, and what it was sent."""

    def __init__(self, key: str = KEY, resume_token: str = "") -> None:
        self.received: list[pb.ConverseResponse] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self._news = asyncio.Event()
        self._metadata = keys.bearer(key)
        if resume_token:
            self._metadata += ((RESUME_METADATA, resume_token),)
        self._requests: asyncio.Queue[pb.ConverseRequest | None] = asyncio.Queue()

    def send(self, request: bytes | str | pb.ConverseRequest) -> None:
        match request:
            case bytes():
                request = pb.ConverseRequest(audio=request)
            case str():
                request = pb.ConverseRequest(event=request)
        self._requests.put_nowait(request)

    def hang_up(self) -> None:
        self._requests.put_nowait(None)

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self._metadata

    async def write(self, response: pb.ConverseResponse) -> None:
        await self.reads.wait()
        self.received.append(response)
        self._news.set()

    async def until(self, count: int) -> None:
        """Wait for `count` responses in all."""
        while len(self.received) < count:
            self._news.clear()
            await self._news.wait()

    async def requests(self) -> AsyncIterator[pb.ConverseRequest]:
        while (request := await self._requests.get()) is not None:
            yield request

    @property
    def resume_token(self) -> str:
        created = json.loads(self.received[0].event)
        return str(created["session"]["antiphon"]["resume_token"])

    @property
    def kinds(self) -> list[str]:
        return [json.loads(each.event)["type"] for each in self.received if each.event]


class House:
    """The servicer over fakes of its own; `open` makes it."""

    def __init__(self, greeting: str) -> None:
        self.recognizer = FakeRecognizer()
        self.generator = FakeGenerator(WORDS)
        self.voice = FakeSynthesizer()
        self.keyring = Keyring(KEY)
        engines = services(self.recognizer, self.generator, self.voice)
        self.maker = SessionMaker(engines, AgentSettings(greeting=greeting))
        self.sessions: Sessions
        self.servicer: Converse

    @classmethod
    @asynccontextmanager
    async def open(cls, greeting: str = "") -> AsyncIterator[House]:
        """Serve one session at a time for the length of the block."""
        house = cls(greeting)
        async with hosting(house.maker.make, 1) as house.sessions:
            house.servicer = Converse(house.sessions, house.keyring)
            yield house

    def answer(self, line: Line) -> asyncio.Task[None]:
        """Return the task that serves `line`."""
        context = cast(Any, line)
        return asyncio.create_task(self.servicer.Converse(line.requests(), context))

    async def converse(self, *requests: bytes | str | pb.ConverseRequest) -> Line:
        """Return the line after a caller sent `requests` and hung up."""
        line = Line()
        for request in requests:
            line.send(request)
        line.hang_up()
        await self.answer(line)
        return line


Story = Callable[[House], Awaitable[None]]


def tell(story: Story, greeting: str = "") -> None:
    """Play `story` in virtual time."""

    async def main() -> None:
        async with House.open(greeting) as house:
            await story(house)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


async def _refused(coroutine: Awaitable[object]) -> AntiphonError:
    with pytest.raises((AntiphonError, ExceptionGroup)) as refused:
        await coroutine
    problem = first_of(refused.value)
    assert isinstance(problem, AntiphonError)
    return problem


def test_a_session_lives_as_long_as_its_call() -> None:
    async def story(house: House) -> None:
        line = Line()
        serving = house.answer(line)
        line.send(FRAME)
        await asyncio.sleep(1)
        house.recognizer.say("hello")
        await asyncio.sleep(0.1)
        line.hang_up()
        await serving
        assert line.kinds[0] == "session.created"
        assert line.kinds[-1] == "output_audio_buffer.stopped"
        assert line.kinds.count("response.done") == 2
        assert sum(len(each.audio) for each in line.received) == 4 * 300 * 48

    tell(story, greeting="Welcome.")


def test_without_the_key_nothing_is_heard() -> None:
    async def story(house: House) -> None:
        line = Line(key="ak_other")
        assert isinstance(await _refused(house.answer(line)), NotPermitted)
        assert not line.received

    tell(story)


def test_a_session_begins_as_its_key_says() -> None:
    async def story(house: House) -> None:
        update = client_events.parse(json.dumps(EVENTS[-2]))
        assert isinstance(update, oai.SessionUpdateEvent)
        grant = Grant(Holder.CLIENT, "x", (update,))
        line = Line(key=house.keyring.ephemeral.issue(grant, 10))
        line.hang_up()
        await house.answer(line)
        created = json.loads(line.received[0].event)["session"]
        assert created["output_modalities"] == ["text"]

    tell(story)


def test_seats_are_bounded_and_given_back() -> None:
    async def story(house: House) -> None:
        first = Line()
        serving = house.answer(first)
        await asyncio.sleep(1)
        full = await _refused(house.answer(Line()))
        assert isinstance(full, Exhausted)
        assert full.reason == "SESSIONS_FULL"
        first.hang_up()
        await serving
        await house.converse()

    tell(story)


def test_a_cancelled_call_leaves_a_session_that_another_continues() -> None:
    async def story(house: House) -> None:
        line = Line()
        serving = house.answer(line)
        await line.until(1)
        serving.cancel()
        await asyncio.sleep(RESUME_S - 1)
        again = Line(resume_token=line.resume_token)
        resumed = house.answer(again)
        await again.until(1)
        first, second = (json.loads(each.received[0].event) for each in (line, again))
        assert first["session"]["id"] == second["session"]["id"]
        again.hang_up()
        await resumed
        gone = await _refused(house.answer(Line(resume_token=line.resume_token)))
        assert isinstance(gone, NotFound)

    tell(story)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (bytes(MAX_AUDIO_BYTES + 2), "audio of 1048578 bytes"),
        ("{" + " " * MAX_EVENT_BYTES, "event of 262145 bytes"),
        ("é" * (MAX_EVENT_BYTES // 2 + 1), "event of 262146 bytes"),
        (pb.ConverseRequest(), "neither audio nor an event"),
    ],
)
def test_a_message_over_its_bound_or_empty_ends_the_session(
    request_: bytes | str | pb.ConverseRequest, words: str
) -> None:
    async def story(house: House) -> None:
        problem = await _refused(house.converse(request_))
        assert isinstance(problem, InvalidInput)
        assert words in problem.message
        await asyncio.sleep(0)
        assert house.sessions.free_seats == 1

    tell(story)


def test_messages_up_to_their_bounds_are_taken() -> None:
    async def story(house: House) -> None:
        event = json.dumps({"type": "session.update", "session": {"type": "realtime"}})
        line = await house.converse(bytes(MAX_AUDIO_BYTES), event.ljust(MAX_EVENT_BYTES))
        assert line.kinds == ["session.created", "conversation.created", "session.updated"]
        assert len(house.recognizer.audio) == MAX_AUDIO_BYTES

    tell(story)


def test_what_ends_a_session_is_told_after_all_that_came_before() -> None:
    async def story(house: House) -> None:
        line = Line()
        serving = house.answer(line)
        line.send("{")
        line.send(FRAME)
        await asyncio.sleep(1)
        line.reads.clear()
        line.send("{")
        await asyncio.sleep(0.001)
        house.recognizer.call.fail(refusal(InvalidInput("unloaded")))
        asyncio.get_running_loop().call_later(2, line.reads.set)
        problem = await _refused(serving)
        assert (type(problem), problem.message) == (InvalidInput, "unloaded")
        assert line.kinds == ["session.created", "conversation.created", "error", "error"]

    tell(story)


def test_a_caller_that_does_not_read_loses_its_seat() -> None:
    async def story(house: House) -> None:
        line = Line()
        line.reads.clear()
        problem = await _refused(house.answer(line))
        assert isinstance(problem, Exhausted)
        assert problem.reason == "CLIENT_STALLED"
        assert asyncio.get_running_loop().time() == pytest.approx(STALL_S)
        await house.converse()

    tell(story, greeting="Welcome.")


def test_a_dropped_call_is_let_go_at_once_though_its_session_had_much_to_say() -> None:
    async def story(house: House) -> None:
        line = Line()
        house.voice.delay_ms = 0
        line.reads.clear()
        serving = house.answer(line)
        for _ in range(600):  # more errors than the outbox holds
            line.send("{")
        await asyncio.sleep(5)
        serving.cancel()
        await asyncio.wait({serving})
        await asyncio.sleep(0.001)
        assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.01)
        assert house.sessions.free_seats == 1

    tell(story, greeting="Welcome.")


def test_a_call_dropped_while_it_is_heard_out_gives_its_seat_back() -> None:
    async def story(house: House) -> None:
        line = Line()
        serving = house.answer(line)
        line.send(FRAME)
        await asyncio.sleep(1)
        house.recognizer.call.on_half_close = lambda: None  # it takes its time
        line.hang_up()
        await asyncio.sleep(1)
        full = await _refused(house.answer(Line()))
        assert isinstance(full, Exhausted)
        serving.cancel()
        await asyncio.sleep(0.001)
        assert house.sessions.free_seats == 1

    tell(story)


EVENTS: list[Event] = [
    {"type": "response.create"},
    {"type": "response.cancel"},
    {"type": "output_audio_buffer.clear"},
    {"type": "input_audio_buffer.commit"},
    {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}},
    {"type": "dance"},
]


async def _random_life(chance: random.Random) -> None:
    """Open a session, talk to it, and drop it at some point."""
    async with House.open(chance.choice(["", "Welcome."])) as house:
        line = Line()
        house.generator.fail_after = chance.choice([None, None, 1])
        serving = house.answer(line)
        for _ in range(chance.randrange(12)):
            match chance.randrange(4):
                case 0:
                    line.send(FRAME)
                case 1:
                    line.send(json.dumps(chance.choice(EVENTS)))
                case 2:
                    house.recognizer.say("hello")
                case 3:
                    await asyncio.sleep(chance.uniform(0, 0.8))
        if chance.random() < 0.2:
            house.recognizer.call.fail()
        if chance.random() < 0.3:
            line.hang_up()
            await asyncio.sleep(chance.uniform(0, 2))
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await asyncio.sleep(chance.choice([0.001, 2 * RESUME_S]))
        assert house.sessions.free_seats == 1
    for call in house.voice.calls:
        assert call.cancelled or call.half_closed.is_set()


@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_dropped_sessions_leave_nothing_behind(seed: int) -> None:
    async def main() -> None:
        chance = random.Random(seed)
        async with asyncio.TaskGroup() as callers:
            for _ in range(100):
                callers.create_task(_random_life(random.Random(chance.random())))
        # What the garbage collector finds, a task of its own closes.
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


Test = Callable[[ConversationStub, House], Awaitable[None]]


def _over_grpc(tmp_path: Path, test: Test, greeting: str = "") -> None:
    async def main() -> None:
        async with House.open(greeting) as house:
            server = grpc.aio.server(interceptors=[ErrorInterceptor()])
            add_ConversationServicer_to_server(house.servicer, server)
            server.add_insecure_port(f"unix:{tmp_path}/s")
            await server.start()
            async with asyncio.timeout(20), connect(f"unix:{tmp_path}/s") as channel:
                await test(ConversationStub(channel), house)
            await server.stop(None)

    asyncio.run(main())


async def _all(call: grpc.aio.StreamStreamCall[Any, Any]) -> list[pb.ConverseResponse]:
    return [response async for response in call]


async def _seat_is_free(house: House) -> None:
    while not house.sessions.free_seats:  # noqa: ASYNC110 - nobody tells when a seat is free
        await asyncio.sleep(0.01)


def test_over_grpc_a_greeting_is_heard_and_the_call_ends_well(tmp_path: Path) -> None:
    async def test(stub: ConversationStub, _: House) -> None:
        call = stub.Converse(metadata=keys.bearer(KEY))
        await call.done_writing()
        received = await _all(call)
        assert json.loads(received[0].event)["type"] == "session.created"
        assert sum(len(each.audio) for each in received) == 300 * 48
        assert await call.code() is grpc.StatusCode.OK

    _over_grpc(tmp_path, test, greeting="Hi.")


@pytest.mark.parametrize(
    ("key", "request_", "leaf"),
    [
        ("ak_other", pb.ConverseRequest(event="{}"), NotPermitted),
        (KEY, pb.ConverseRequest(audio=bytes(MAX_AUDIO_BYTES + 2)), InvalidInput),
    ],
)
def test_over_grpc_a_refusal_is_its_status(
    tmp_path: Path, key: str, request_: pb.ConverseRequest, leaf: type[AntiphonError]
) -> None:
    async def test(stub: ConversationStub, _: House) -> None:
        call = stub.Converse(metadata=keys.bearer(key))
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await call.write(request_)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _all(call)
        assert type(from_rpc_error(refused.value, "demo")) is leaf

    _over_grpc(tmp_path, test)


def test_over_grpc_cancelling_gives_the_seat_back(tmp_path: Path) -> None:
    async def test(stub: ConversationStub, house: House) -> None:
        call = stub.Converse(metadata=keys.bearer(KEY))
        await call.read()
        assert not house.sessions.free_seats
        call.cancel()
        await _seat_is_free(house)

    _over_grpc(tmp_path, test)


def test_over_grpc_a_cancelled_call_may_be_taken_up_again(tmp_path: Path) -> None:
    async def test(stub: ConversationStub, house: House) -> None:
        call = stub.Converse(metadata=keys.bearer(KEY))
        created = json.loads((await call.read()).event)["session"]
        call.cancel()
        await _seat_is_free(house)
        token = created["antiphon"]["resume_token"]
        again = stub.Converse(metadata=(*keys.bearer(KEY), (RESUME_METADATA, token)))
        assert json.loads((await again.read()).event)["session"]["id"] == created["id"]
        again.cancel()

    _over_grpc(tmp_path, test)


def test_over_grpc_a_caller_that_does_not_read_loses_its_seat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "STALL_S", 0.1)
    content = [{"type": "input_text", "text": "x" * 200_000}]
    item = {"type": "message", "role": "user", "content": content}
    event = json.dumps({"type": "conversation.item.create", "item": item})

    async def test(stub: ConversationStub, house: House) -> None:
        call = stub.Converse(metadata=keys.bearer(KEY))
        # Echoed twice each, they are more than gRPC's windows hold.
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            for _ in range(40):
                await call.write(pb.ConverseRequest(event=event))
        await _seat_is_free(house)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _all(call)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    _over_grpc(tmp_path, test)


class _Deaf(RecognizerServicer):
    """Listens, and says nothing."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    async def Recognize(self, requests: Any, context: Any) -> AsyncIterator[RecognizeResponse]:
        async for request in requests:
            if request.HasField("config"):
                yield RecognizeResponse(speech_started=SpeechStarted())
            else:
                self.heard.set()


@pytest.mark.parametrize("speaking", [False, True])
def test_a_recogniser_that_dies_costs_its_caller_nothing(tmp_path: Path, speaking: bool) -> None:
    async def main(house: House) -> None:
        line = Line()
        asr = grpc.aio.server()
        add_RecognizerServicer_to_server(_Deaf(), asr)
        asr.add_insecure_port(f"unix:{tmp_path}/asr")
        await asr.start()
        async with asyncio.timeout(20), connect(f"unix:{tmp_path}/asr") as channel:
            house.recognizer.Recognize = RecognizerStub(channel).Recognize  # type: ignore[method-assign]
            serving = house.answer(line)
            line.send(FRAME)
            await line.until(2)  # session.created, speech_started
            dying = asyncio.create_task(asr.stop(None))
            for _ in range(100 if speaking else 1):
                line.send(FRAME)
                await asyncio.sleep(0.001)
            await dying
            assert not serving.done()
            another, deaf = grpc.aio.server(), _Deaf()
            add_RecognizerServicer_to_server(deaf, another)
            another.add_insecure_port(f"unix:{tmp_path}/asr")
            await another.start()
            while not deaf.heard.is_set():
                # On a busy machine what was said before may have been given up.
                line.send(FRAME)
                await asyncio.sleep(0.02)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await another.stop(None)

    async def serving_house() -> None:
        async with House.open() as house:
            await main(house)

    asyncio.run(serving_house())


def test_over_grpc_info_needs_no_key(tmp_path: Path) -> None:
    async def test(stub: ConversationStub, _: House) -> None:
        info = await stub.GetInfo(GetInfoRequest())
        assert (info.engine, list(info.capabilities)) == ("antiphon", ["converse"])

    _over_grpc(tmp_path, test)
