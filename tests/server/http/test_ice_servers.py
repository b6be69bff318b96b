"""Whoever may open a session is told its relay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from server.access.grant import Grant, Holder
from server.access.keyring import Keyring
from server.http.errors import Guard
from server.http.ice_servers import ICE_SERVERS_PATH, IceServersRoute
from server.webrtc.settings import IceServer

KEY = "ak_test"


def asked(servers: Sequence[IceServer], key: str | None = KEY) -> httpx.Response:
    """Return the answer to a client that shows `key`; "ek": one made for a browser."""

    async def main() -> httpx.Response:
        keyring = Keyring(KEY)
        shown = keyring.ephemeral.issue(Grant(Holder.PAGE, "a"), 60) if key == "ek" else key
        app = FastAPI()
        app.add_middleware(Guard)
        app.include_router(IceServersRoute(keyring, lambda: servers).router)
        headers = {} if shown is None else {"Authorization": f"Bearer {shown}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(ICE_SERVERS_PATH, headers=headers)

    return asyncio.run(main())


def test_a_browsers_key_is_enough() -> None:
    relay = IceServer(
        urls=("turn:relay.example:3478",), username="1700000000", credential=SecretStr("p")
    )
    answer = asked([IceServer(urls=("stun:relay.example:3478",)), relay], "ek")
    expected: list[dict[str, Any]] = [
        {"urls": ["stun:relay.example:3478"]},
        {"urls": ["turn:relay.example:3478"], "username": "1700000000", "credential": "p"},
    ]
    assert (answer.status_code, answer.json()) == (200, {"ice_servers": expected})
    assert answer.headers["cache-control"] == "no-store"


def test_where_none_is_set_none_is_told() -> None:
    assert asked([]).json() == {"ice_servers": []}


def test_nobody_is_told_without_a_key() -> None:
    relay = IceServer(urls=("turn:relay.example:3478",), credential=SecretStr("tangerine"))
    for key in (None, "ak_other"):
        answer = asked([relay], key)
        assert answer.status_code == 401
        assert "tangerine" not in answer.text
