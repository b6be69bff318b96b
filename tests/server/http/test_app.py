"""The application as a whole: what is open, what is not, and to whom from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from server.http.page_keys import PAGE_KEY_PATH
from server.http.realtime.call_routes import CALLS_PATH, SDP
from tests.server.http.house import Echoes, HttpHouse
from tests.server.http.realtime.fake_peer import Exchange

ORIGIN = "https://desk.example"


def serve(test: Callable[[HttpHouse], Awaitable[None]], *origins: str) -> None:
    async def main() -> None:
        async with HttpHouse.open(Echoes(), 1, Exchange().open_peer, origins) as house:
            await test(house)

    asyncio.run(main())


def test_health_is_open() -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert "server" not in answer.headers

    serve(test)


def test_the_page_is_open() -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.client.get("/")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"

    serve(test)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/v1/none", 404),
        ("GET", CALLS_PATH, 404),
        ("DELETE", "/healthz", 405),
        ("POST", "/", 405),
    ],
)
def test_what_is_not_there_is_told_in_openais_shape(method: str, path: str, status: int) -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.client.request(method, path)
        assert answer.status_code == status
        assert answer.json()["error"]["type"] == "invalid_request_error"

    serve(test)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/realtime/client_secrets",
        PAGE_KEY_PATH,
        "/v1/antiphon/page_token",
        CALLS_PATH,
        f"{CALLS_PATH}/x/hangup",
        f"{CALLS_PATH}/x/accept",
        f"{CALLS_PATH}/x/reject",
        f"{CALLS_PATH}/x/refer",
    ],
)
def test_everything_else_needs_a_key(path: str) -> None:
    async def test(house: HttpHouse) -> None:
        assert (await house.client.post(path)).status_code == 401

    serve(test)


def test_by_default_only_its_own_page_may_call() -> None:
    async def test(house: HttpHouse) -> None:
        answer = await house.client.get("/healthz", headers={"Origin": ORIGIN})
        assert "access-control-allow-origin" not in answer.headers

    serve(test)


# What browsers ask for on behalf of the unmodified npm packages.
AGENTS = "authorization,content-type,x-openai-agents-sdk"
OPENAI = (
    "authorization,content-type,openai-organization,openai-project,x-stainless-arch,"
    "x-stainless-helper-method,x-stainless-lang,x-stainless-os,x-stainless-package-version,"
    "x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout"
)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (CALLS_PATH, AGENTS, 200),
        ("/v1/chat/completions", OPENAI, 200),
        (CALLS_PATH, "antiphon-resume-token,openai-beta,openai-safety-identifier", 200),
        (CALLS_PATH, "x-other", 400),
    ],
)
def test_an_origin_that_is_let_in_may_send_what_openais_clients_send(
    path: str, headers: str, status: int
) -> None:
    async def test(house: HttpHouse) -> None:
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": headers,
        }
        preflight = await house.client.options(path, headers=asked)
        assert preflight.status_code == status

    serve(test, ORIGIN)


def test_an_origin_that_is_let_in_sees_where_its_call_is_even_where_it_is_refused() -> None:
    async def test(house: HttpHouse) -> None:
        origin = {"Origin": ORIGIN}
        headers = house.headers | origin | {"content-type": SDP}
        for status in (201, 503):
            answer = await house.post(CALLS_PATH, content="v=0", headers=headers)
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert "Location" in answer.headers["access-control-expose-headers"]
        other = await house.client.get("/healthz", headers={"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers

    serve(test, ORIGIN)
