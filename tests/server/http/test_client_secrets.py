"""Ephemeral keys: who gets one, for how long, and for what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.access.grant import Grant, Holder
from tests.server.http.house import Engines, HttpHouse

PATH = "/v1/realtime/client_secrets"
Test = Callable[[HttpHouse], Awaitable[None]]


def serve(test: Test) -> None:
    async def main() -> None:
        async with HttpHouse.open(Engines().maker) as house:
            await test(house)

    asyncio.run(main())


def test_openais_client_gets_a_key_with_its_session_bound_to_it() -> None:
    async def test(house: HttpHouse) -> None:
        async with house.openai() as client:
            secret = await client.realtime.client_secrets.create(
                expires_after={"anchor": "created_at", "seconds": 7200},
                session={"type": "realtime", "instructions": "Be brief.", "model": "gpt-realtime"},
            )
        assert secret.value.startswith("ek_")
        assert 7190 < secret.expires_at - time.time() <= 7201
        assert secret.session.type == "realtime"
        assert secret.session.instructions == "Be brief."
        grant = house.keyring.check(f"Bearer {secret.value}")
        assert grant.holder is Holder.CLIENT
        assert [update.session.type for update in grant.updates] == ["realtime"]

    serve(test)


def test_everything_may_be_left_out() -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.post(PATH)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert 590 < told["expires_at"] - time.time() <= 601
        assert house.keyring.check(f"Bearer {told['value']}").updates == ()

    serve(test)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": 60}, "expires_after"),
        ({"expires_after": {"anchor": "now"}}, "expires_after.anchor"),
        ({"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 7201}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": "60"}}, "expires_after.seconds"),
        ({"session": {"audio": {"output": {"speed": 9}}}}, "session.audio.output.speed"),
        ({"session": "x"}, "session"),
        ({"session": {"type": "dance"}}, "session"),
    ],
)
def test_what_is_wrong_is_named(body: Any, param: str) -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.post(PATH, json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"].startswith(param)

    serve(test)


def test_only_the_installations_key_makes_others() -> None:
    async def test(house: HttpHouse) -> None:
        key = house.keyring.ephemeral.issue(Grant(Holder.CLIENT, "x"), 60)
        answer = await house.post(PATH, headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "key_not_enough")
        assert (await house.post(PATH, headers={})).json()["error"]["code"] == "key_required"

    serve(test)
