"""How full and how busy the gateway says it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from antiphon.observability.loop_lag import TICK_S
from server.access.grant import Grant, Holder
from server.http.load import LOAD_PATH
from tests.server.http.house import Echoes, HttpHouse


def serve(test: Callable[[HttpHouse], Awaitable[None]]) -> None:
    async def main() -> None:
        async with HttpHouse.open(Echoes(), seats=3) as house:
            await test(house)

    asyncio.run(main())


def test_it_tells_sessions_seats_and_lag() -> None:
    async def test(house: HttpHouse) -> None:
        async with house.socket() as line:
            await line.send("hello")
            await line.recv()
            while not house.sessions.lag.over_ms(1):  # noqa: ASYNC110
                await asyncio.sleep(TICK_S)
            answer = await house.client.get(LOAD_PATH, headers=house.headers)
        told = answer.json()
        assert (told["sessions"], told["max_sessions"], told["draining"]) == (1, 3, False)
        lag = told["loop_lag_ms"]
        assert 0 <= lag["p50"] <= lag["p99"] <= lag["max"]
        assert answer.headers["cache-control"] == "no-store"

    serve(test)


def test_it_is_told_to_the_installations_key_only() -> None:
    async def test(house: HttpHouse) -> None:
        key = house.keyring.ephemeral.issue(Grant(Holder.CLIENT, "a"), 60)
        for headers in ({}, {"Authorization": f"Bearer {key}"}):
            answer = await house.client.get(LOAD_PATH, headers=headers)
            assert answer.status_code == 401

    serve(test)


@pytest.mark.parametrize("over_s", ["", "0", "-1", "61", "nan", "inf", "soon"])
def test_a_stretch_that_it_has_not_seen_is_refused(over_s: str) -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.client.get(f"{LOAD_PATH}?over_s={over_s}", headers=house.headers)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "over_s")

    serve(test)


def test_before_it_has_seen_anything_it_says_so() -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.client.get(f"{LOAD_PATH}?over_s=1e-9", headers=house.headers)
        assert answer.json()["loop_lag_ms"] == {}

    serve(test)
