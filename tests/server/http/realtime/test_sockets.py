"""WebSockets: real ones, with sessions that echo, or real sessions over made-up engines."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from openai import BaseModel
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from antiphon.errors import InvalidInput
from server.access.grant import Grant, Holder
from server.conversation.time_slice import MOST_WORKS
from server.http.http_server import MAX_SOCKET_MESSAGE_BYTES
from server.http.realtime.call_routes import CALLS_PATH, SDP
from server.realtime import client_events
from server.settings import AgentSettings
from tests.server.fake_call import refusal
from tests.server.http.house import Echoes, Engines, HttpHouse, until_closed
from tests.server.http.realtime.fake_peer import Exchange

FRAME = base64.b64encode(bytes(960)).decode()

# What one client may have done while another's question comes in, is obeyed and is answered: six turns.
FEW = 10 * MOST_WORKS

Event = dict[str, Any]


def echo(test: Callable[[HttpHouse, Echoes], Awaitable[None]], seats: int = 2) -> None:
    """Run `test` where sessions echo."""

    async def main() -> None:
        echoes = Echoes()
        async with HttpHouse.open(echoes, seats) as house:
            await test(house, echoes)

    asyncio.run(main())


def converse(test: Callable[[HttpHouse, Engines], Awaitable[None]], greeting: str = "") -> None:
    """Run `test` where real sessions have made-up engines."""

    async def main() -> None:
        engines = Engines(AgentSettings(greeting=greeting))
        async with HttpHouse.open(engines.maker) as house:
            await test(house, engines)

    asyncio.run(main())


async def _next(socket: ClientConnection, kind: str) -> Event:
    while True:
        event: Event = json.loads(await socket.recv())
        if event["type"] == kind:
            return event


async def _append(socket: ClientConnection, audio: str = FRAME) -> None:
    await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))


async def _events_until(connection: AsyncRealtimeConnection, kind: str) -> list[Any]:
    events = []
    async for event in connection:
        events.append(event)
        if event.type == kind:
            break
    return events


def test_openais_client_is_heard_and_answered() -> None:
    async def test(house: HttpHouse, engines: Engines) -> None:
        async with (
            house.openai() as client,
            client.realtime.connect(model="gpt-realtime") as connection,
        ):
            await connection.session.update(session={"type": "realtime", "instructions": "Brief."})
            await connection.input_audio_buffer.append(audio=FRAME)
            await engines.recognizer.opened.wait()
            engines.recognizer.say("how are you")
            events = await _events_until(connection, "response.done")
        kinds = [event.type for event in events]
        assert kinds[:3] == ["session.created", "conversation.created", "session.updated"]
        said = [event for event in events if event.type == "response.output_audio.delta"]
        created = next(event for event in events if event.type == "response.created")
        item = next(event for event in events if event.type == "response.output_item.added")
        assert {each.response_id for each in said} == {created.response.id}
        assert {each.item_id for each in said} == {item.item.id}
        spoken = b"".join(base64.b64decode(each.delta) for each in said)
        assert len(spoken) == 3 * 300 * 48
        assert kinds.index("response.output_audio.delta") > kinds.index(
            "response.content_part.added"
        )
        assert events[-1].response.status == "completed"

    converse(test)


def test_a_browser_shows_its_key_as_a_subprotocol() -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        key = house.keyring.ephemeral.issue(Grant(Holder.CLIENT, "x"), 60)
        offered = ["realtime", f"openai-insecure-api-key.{key}", "openai-beta.realtime-v1"]
        async with house.socket(additional_headers={}, subprotocols=offered) as socket:
            assert socket.subprotocol == "realtime"
        alone = offered[1:2]
        with suppress(ConnectionClosed):
            async with house.socket(additional_headers={}, subprotocols=alone) as socket:
                assert socket.subprotocol is None

    echo(test)


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("", {}, 401, "key_required"),
        ("", {"Authorization": "Bearer x"}, 401, "key_unknown"),
        ("?resume_token=rt_none", None, 404, "session_not_found"),
        ("?call_id=rtc_none", None, 404, "call_not_found"),
        ("?intent=dance", None, 400, "invalid_field"),
    ],
)
def test_whoever_is_refused_sees_why_in_place_of_a_handshake(
    query: str, headers: dict[str, str] | None, status: int, code: str
) -> None:
    async def test(house: HttpHouse, echoes: Echoes) -> None:
        options = {} if headers is None else {"additional_headers": headers}
        with pytest.raises(InvalidStatus) as refused:
            async with house.socket(query, **options):
                raise AssertionError("it was let in")
        answer = refused.value.response
        assert answer.status_code == status
        assert json.loads(answer.body or b"")["error"]["code"] == code
        assert not echoes.made

    echo(test)


def test_a_browser_that_is_refused_sees_why_as_an_event_and_a_close() -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        offered = ["realtime", "openai-insecure-api-key.ek_unknown"]
        async with house.socket(additional_headers={}, subprotocols=offered) as socket:
            problem = json.loads(await socket.recv())["error"]
            assert problem["code"] == "key_unknown"
            code, reason = await until_closed(socket)
        assert (code, reason.partition(":")[0]) == (4401, "key_unknown")

    echo(test)


def test_a_full_appliance_refuses_with_when_to_come_again() -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        async with house.socket():
            with pytest.raises(InvalidStatus) as refused:
                async with house.socket():
                    raise AssertionError("it was let in")
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "5"

    echo(test, seats=1)


def test_a_client_that_closes_ends_its_session_at_once() -> None:
    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as socket:
            await socket.send("hello")
            await socket.recv()
        await _over(house)
        assert echoes.made[0][0].over

    echo(test, seats=1)


async def _over(house: HttpHouse) -> None:
    while not house.sessions.free_seats:  # noqa: ASYNC110 - nobody tells when a seat is free
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["abort", "going away"])
@pytest.mark.parametrize("where", ["query", "header"])
def test_a_line_that_breaks_is_taken_up_again_by_its_token(how: str, where: str) -> None:
    async def test(house: HttpHouse, _: Engines) -> None:
        async with house.socket() as socket:
            created = await _next(socket, "session.created")
            token = created["session"]["antiphon"]["resume_token"]
            if how == "abort":
                socket.transport.abort()
            else:
                await socket.close(1001)
        query = f"?resume_token={token}" if where == "query" else ""
        header = {"antiphon-resume-token": token} if where == "header" else {}
        async with house.socket(query, additional_headers=house.headers | header) as again:
            resumed = await _next(again, "session.created")
        assert resumed["session"]["id"] == created["session"]["id"]

    converse(test)


def test_a_second_line_supersedes_the_first() -> None:
    async def test(house: HttpHouse, echoes: Echoes) -> None:
        async with house.socket() as first:
            await first.send("hello")
            await first.recv()
            token = echoes.made[0][0].token
            async with house.socket(f"?resume_token={token}") as second:
                code, reason = await until_closed(first)
                assert (code, reason.partition(":")[0]) == (4409, "superseded")
                await second.send("hello")
                await second.recv()
        assert echoes.made[0][0].lines == 2

    echo(test)


def test_a_session_that_ends_itself_closes_normally() -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        async with house.socket() as socket:
            await socket.send("close")
            assert await until_closed(socket) == (1000, "")

    echo(test)


def test_a_session_that_fails_says_so_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        async with house.socket() as well, house.socket() as ill:
            await ill.send("bug")
            problem = json.loads(await ill.recv())["error"]
            assert "ZeroDivisionError" in problem["message"]
            assert (await until_closed(ill))[0] == 4500
            await well.send("hello")
            await well.recv()

    echo(test)
    assert "tangerine" not in caplog.text


def test_a_language_that_the_recogniser_lacks_is_named_to_who_asked_for_it() -> None:
    async def test(house: HttpHouse, engines: Engines) -> None:
        async with house.socket() as socket:
            await _append(socket)
            await engines.recognizer.opened.wait()
            lacks = InvalidInput("unknown language 'nb'", reason="LANGUAGE")
            engines.recognizer.call.fail(refusal(lacks))
            problem = (await _next(socket, "error"))["error"]
            assert problem["type"] == "invalid_request_error"
            assert problem["param"] == "session.audio.input.transcription.language"
            assert (await until_closed(socket))[0] == 4400

    converse(test)


def test_a_voice_that_is_not_there_is_refused_before_and_in_a_session() -> None:
    async def test(house: HttpHouse, engines: Engines) -> None:
        engines.services.offer.voices = ("joe",)
        speaking = {"type": "realtime", "audio": {"output": {"voice": "nobody"}}}
        minted = await house.post("/v1/realtime/client_secrets", json={"session": speaking})
        assert minted.status_code == 400
        assert minted.json()["error"]["param"] == "session.audio.output.voice"
        async with house.socket() as socket:
            await socket.send(json.dumps({"type": "session.update", "session": speaking}))
            assert "there are: joe" in (await _next(socket, "error"))["error"]["message"]
            response = {"audio": speaking["audio"]}
            await socket.send(json.dumps({"type": "response.create", "response": response}))
            problem = (await _next(socket, "error"))["error"]
            assert problem["param"] == "response.audio.output.voice"

    converse(test)


def test_binary_messages_are_told_what_they_should_be() -> None:
    async def test(house: HttpHouse, _: Echoes) -> None:
        async with house.socket() as socket:
            await socket.send(b"\0\0")
            assert json.loads(await socket.recv())["error"]["code"] == "binary_event"
            await socket.send("hello")
            assert json.loads(await socket.recv())["type"] == "antiphon.state"

    echo(test)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("{", "invalid_json"),
        ({"type": "dance"}, "unknown_event"),
        ({"type": "input_audio_buffer.append", "audio": "?"}, "invalid_input"),
        ({"type": "input_audio_buffer.append", "audio": "AA=="}, "split_sample"),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
    ],
)
def test_an_event_that_is_wrong_is_told_and_the_session_goes_on(event: Any, code: str) -> None:
    async def test(house: HttpHouse, _: Engines) -> None:
        async with house.socket() as socket:
            await socket.send(event if isinstance(event, str) else json.dumps(event))
            assert (await _next(socket, "error"))["error"]["code"] == code
            session = {"type": "session.update", "session": {"type": "realtime"}}
            await socket.send(json.dumps(session))
            await _next(socket, "session.updated")

    converse(test)


def test_a_flood_of_events_is_read_no_faster_than_it_is_obeyed(taken: list[str]) -> None:
    async def test(house: HttpHouse, engines: Engines) -> None:
        async with house.socket() as flood, house.socket() as other, asyncio.TaskGroup() as tasks:
            tasks.create_task(_flood(flood, 10_000))
            tasks.create_task(_count(flood, "session.updated", 10_000))
            await _next(other, "session.created")
            assert await _taken_until_answered(other, taken) < FEW

    converse(test)


@pytest.mark.parametrize("audio", ["", "AAA="])
def test_a_flood_of_small_events_that_came_at_once_lets_others_in_between(
    taken: list[str], audio: str
) -> None:
    append = json.dumps({"type": "input_audio_buffer.append", "audio": audio}).encode()
    frame = Frame(Opcode.TEXT, append).serialize(mask=True)
    flooded = 5 * 256 * 1024 // len(frame)  # five times what is read of a socket at a time

    async def test(house: HttpHouse, engines: Engines) -> None:
        async with house.socket(compression=None) as flood, house.socket() as other:
            await _next(other, "session.created")
            flood.transport.write(frame * flooded)
            while not taken:  # noqa: ASYNC110 - the loop is what is looked at
                await asyncio.sleep(0)
            assert await _taken_until_answered(other, taken) < FEW
            assert len(taken) < flooded
            # What came at once is heard at once.
            assert len(engines.recognizer.call.requests) < len(taken) / 10

    converse(test)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the events that sessions have been given so far."""
    events: list[str] = []
    parse = client_events.parse

    def noted(text: str) -> BaseModel:
        events.append(text)
        return parse(text)

    monkeypatch.setattr(client_events, "parse", noted)
    return events


async def _taken_until_answered(socket: ClientConnection, taken: list[str]) -> int:
    """Return how many events were taken between a question and its answer."""
    before = len(taken)
    await socket.send(json.dumps({"type": "dance"}))
    await _next(socket, "error")
    return len(taken) - before


async def _flood(socket: ClientConnection, events: int) -> None:
    update = json.dumps({"type": "session.update", "session": {"type": "realtime"}})
    for _ in range(events):
        await socket.send(update)


async def _count(socket: ClientConnection, kind: str, events: int) -> None:
    for _ in range(events):
        await _next(socket, kind)


def test_a_flood_that_reads_no_answers_ends_with_its_own_session(taken: list[str]) -> None:
    async def test(house: HttpHouse, _: Engines) -> None:
        # Its own side stops reading too: then the socket's windows fill.
        async with house.socket(max_queue=1) as flood, house.socket() as other:
            flooding = asyncio.create_task(_flood(flood, 100_000))
            await asyncio.wait({flooding}, timeout=1)
            assert await _taken_until_answered(other, taken) < FEW
            flooding.cancel()
            flood.transport.abort()

    converse(test)


def test_an_append_of_100_mb_is_refused_with_its_reason() -> None:
    async def test(house: HttpHouse, _: Engines) -> None:
        async with house.socket() as socket, house.socket() as other:
            with suppress(ConnectionClosed):
                await _append(socket, "A" * 100_000_000)
            code, reason = await until_closed(socket)
            assert code == 1009
            assert str(MAX_SOCKET_MESSAGE_BYTES) in reason
            await _next(other, "session.created")

    converse(test)


def test_an_append_up_to_the_bound_is_heard() -> None:
    async def test(house: HttpHouse, engines: Engines) -> None:
        async with house.socket() as socket:
            await _append(socket, base64.b64encode(bytes(1024 * 1024)).decode())
            await engines.recognizer.opened.wait()
            while len(engines.recognizer.audio) < 1024 * 1024:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    converse(test)


def test_a_second_hand_on_a_call_hears_its_events_and_speaks_up() -> None:
    async def main() -> None:
        echoes, exchange = Echoes(), Exchange()
        async with HttpHouse.open(echoes, 1, exchange.open_peer) as house:
            headers = house.headers | {"content-type": SDP}
            placed = await house.post(CALLS_PATH, content="v=0", headers=headers)
            call_id = placed.headers["location"].rpartition("/")[2]
            async with house.socket(f"?call_id={call_id}") as second:
                await second.send(b"\0")
                await second.send("from the second hand")
                assert json.loads(await second.recv())["type"] == "antiphon.state"
                exchange.peers[0].send("from the caller")
                assert json.loads(await second.recv())["type"] == "antiphon.state"
                async with house.socket(f"?call_id={call_id}") as third:
                    await third.close()
                await house.post(f"{placed.headers['location']}/hangup")
                assert (await until_closed(second))[0] == 1000
            assert len(exchange.peers[0].received) == 2

    asyncio.run(main())
