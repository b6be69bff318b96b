"""How the page comes by a key, and keeps one."""

from __future__ import annotations

import asyncio
import time

import pytest

from server.access.grant import Grant, Holder
from server.http.page_keys import PAGE_KEY_PATH, PAGE_TOKEN_PATH
from tests.server.http.house import Engines, HttpHouse
from tests.server.http.test_client_secrets import serve


def _shown(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def _token(house: HttpHouse) -> str:
    answer = await house.post(PAGE_TOKEN_PATH)
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["token"])


def test_a_token_buys_one_key() -> None:
    async def test(house: HttpHouse) -> None:
        token = await _token(house)
        bought = await house.post(PAGE_KEY_PATH, headers={}, json={"token": token})
        assert bought.status_code == 200
        told = bought.json()
        assert 7190 < told["expires_at"] - time.time() <= 7201
        assert house.keyring.check(f"Bearer {told['value']}").holder is Holder.PAGE
        again = await house.post(PAGE_KEY_PATH, headers={}, json={"token": token})
        assert (again.status_code, again.json()["error"]["code"]) == (401, "token_unknown")

    serve(test)


def test_a_page_renews_its_key_and_its_calls_stay_its_own() -> None:
    async def test(house: HttpHouse) -> None:
        bought = await house.post(PAGE_KEY_PATH, headers={}, json={"token": await _token(house)})
        first = bought.json()["value"]
        second = (await house.post(PAGE_KEY_PATH, headers=_shown(first), json={})).json()["value"]
        assert first != second
        owners = {house.keyring.check(f"Bearer {key}").owner for key in (first, second)}
        assert len(owners) == 1

    serve(test)


@pytest.mark.parametrize("token", ["", "x", 1, None, [], {}])
def test_what_is_no_token_buys_nothing(token: object) -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.post(PAGE_KEY_PATH, headers={}, json={"token": token})
        assert answer.status_code == 401

    serve(test)


def test_other_keys_are_not_enough() -> None:
    async def main() -> None:
        async with HttpHouse.open(Engines().maker) as house:
            client = house.keyring.ephemeral.issue(Grant(Holder.CLIENT, "x"), 60)
            page = house.keyring.ephemeral.issue(Grant(Holder.PAGE, "x"), 60)
            for path, key in (
                (PAGE_KEY_PATH, client),
                (PAGE_KEY_PATH, house.key),
                (PAGE_TOKEN_PATH, client),
                (PAGE_TOKEN_PATH, page),
            ):
                answer = await house.post(path, headers=_shown(key))
                assert answer.json()["error"]["code"] == "key_not_enough"

    asyncio.run(main())
