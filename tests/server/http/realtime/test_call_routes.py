"""Calls over HTTP, as OpenAI's clients place and control them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from server.access.grant import Grant, Holder
from server.http.body import MAX_BODY_BYTES
from server.http.realtime.call_routes import CALLS_PATH, SDP
from server.realtime import client_events
from tests.server.http.house import Echoes, HttpHouse
from tests.server.http.realtime.fake_peer import ANSWER, Exchange

OFFER = "v=0\r\n"
RAW = {"content-type": SDP}

Test = Callable[[HttpHouse, Echoes, Exchange], Awaitable[None]]


def serve(test: Test, seats: int = 2) -> None:
    async def main() -> None:
        echoes, exchange = Echoes(), Exchange()
        async with HttpHouse.open(echoes, seats, exchange.open_peer) as house:
            await test(house, echoes, exchange)

    asyncio.run(main())


def test_an_offer_is_answered_and_the_call_has_a_place() -> None:
    async def test(house: HttpHouse, echoes: Echoes, _: Exchange) -> None:
        answer = await house.post(
            f"{CALLS_PATH}?model=x", content=OFFER, headers=house.headers | RAW
        )
        assert (answer.status_code, answer.text) == (201, ANSWER)
        assert answer.headers["content-type"].startswith(SDP)
        assert answer.headers["location"].startswith(f"{CALLS_PATH}/rtc_")
        assert echoes.made[0][1].updates == ()

    serve(test)


def test_openais_client_places_a_call_with_its_settings_and_hangs_up() -> None:
    async def test(house: HttpHouse, echoes: Echoes, exchange: Exchange) -> None:
        async with house.openai() as client:
            placed = await client.realtime.calls.with_raw_response.create(
                sdp=OFFER, session={"type": "realtime", "instructions": "Be brief."}
            )
            call_id = placed.headers["location"].rpartition("/")[2]
            await client.realtime.calls.hangup(call_id)
        assert placed.text == ANSWER
        await exchange.peers[0].over.wait()
        (update,) = echoes.made[0][1].updates
        assert getattr(update.session, "instructions", "") == "Be brief."

    serve(test)


def test_a_call_resumes_what_another_began() -> None:
    async def test(house: HttpHouse, echoes: Echoes, exchange: Exchange) -> None:
        await house.post(CALLS_PATH, files={"sdp": (None, OFFER)})
        exchange.peers[0].lose()
        await exchange.peers[0].over.wait()
        session, _ = echoes.made[0]
        extension = {"type": "realtime", "antiphon": {"resume_token": session.token}}
        form = {"sdp": (None, OFFER), "session": (None, json.dumps(extension))}
        answer = await house.post(CALLS_PATH, files=form)
        assert answer.status_code == 201
        await asyncio.sleep(0.1)
        assert session.lines == 2
        extension["antiphon"] = {"resume_token": "rt_none"}
        form = {"sdp": (None, OFFER), "session": (None, json.dumps(extension))}
        gone = await house.post(CALLS_PATH, files=form)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "session_not_found")

    serve(test)


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        ("m=audio", SDP, "sdp"),
        ("", SDP, "sdp"),
        ("\udcff", SDP, "sdp"),
        (OFFER, "text/plain", "content_type"),
        (OFFER, "", "content_type"),
        (OFFER, "multipart/form-data", "invalid_multipart"),
        ("x" * (MAX_BODY_BYTES + 1), SDP, "message_too_large"),
    ],
)
def test_what_is_no_offer_is_told(content: str, content_type: str, code: str) -> None:
    async def test(house: HttpHouse, _: Echoes, exchange: Exchange) -> None:
        headers = house.headers | {"content-type": content_type}
        body = content.encode(errors="surrogateescape")
        answer = await house.post(CALLS_PATH, content=body, headers=headers)
        status = 413 if code == "message_too_large" else 400
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert not exchange.peers

    serve(test)


@pytest.mark.parametrize("session", ["x", "[]", '{"audio": 1}', '{"type": "dance"}'])
def test_settings_that_are_wrong_are_told_before_the_offer_is_answered(session: str) -> None:
    async def test(house: HttpHouse, _: Echoes, exchange: Exchange) -> None:
        form = {"sdp": (None, OFFER), "session": (None, session)}
        assert (await house.post(CALLS_PATH, files=form)).status_code == 400
        assert not exchange.peers

    serve(test)


def test_a_full_appliance_says_when_to_come_again() -> None:
    async def test(house: HttpHouse, echoes: Echoes, exchange: Exchange) -> None:
        for _ in range(2):
            answer = await house.post(CALLS_PATH, content=OFFER, headers=house.headers | RAW)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["error"]["code"] == "sessions_full"
        assert len(exchange.peers) == 1

    serve(test, seats=1)


def test_a_call_needs_a_key_and_begins_as_the_key_says() -> None:
    async def test(house: HttpHouse, echoes: Echoes, _: Exchange) -> None:
        assert (await house.post(CALLS_PATH, content=OFFER, headers=RAW)).status_code == 401
        text = '{"type": "session.update", "session": {"type": "realtime", "instructions": "x"}}'
        update = client_events.parse(text)
        grant = Grant(Holder.CLIENT, "alice", (update,))  # type: ignore[arg-type]
        key = {"Authorization": f"Bearer {house.keyring.ephemeral.issue(grant, 60)}"}
        placed = await house.post(CALLS_PATH, content=OFFER, headers=key | RAW)
        assert placed.status_code == 201
        assert echoes.made[0][1].updates == (update,)
        other = house.keyring.ephemeral.issue(Grant(Holder.CLIENT, "bob"), 60)
        path = f"{placed.headers['location']}/hangup"
        assert (
            await house.post(path, headers={"Authorization": f"Bearer {other}"})
        ).status_code == 404
        assert (await house.post(path, headers={})).status_code == 401
        assert (await house.post(path, headers=key)).status_code == 200

    serve(test)


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [("accept", 409, "call_accepted"), ("reject", 409, "call_accepted"), ("refer", 501, "not_sip")],
)
def test_what_only_a_ringing_call_can_be_told_is_said_so(
    action: str, status: int, code: str
) -> None:
    async def test(house: HttpHouse, _: Echoes, __: Exchange) -> None:
        placed = await house.post(CALLS_PATH, content=OFFER, headers=house.headers | RAW)
        answer = await house.post(f"{placed.headers['location']}/{action}", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert (await house.post(f"{CALLS_PATH}/rtc_none/{action}", json={})).status_code == 404

    serve(test)
