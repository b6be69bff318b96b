"""Health over HTTP: while the gateway serves, misses an engine, and drains."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from antiphon.errors import InvalidInput
from server.engines.pulse import Pulse
from server.engines.services import Pulses
from server.http.health import Health
from server.sessions import Opening, Sessions, hosting
from tests.server.http.house import Echoes, HttpHouse


def test_it_tells_at_once_that_nobody_new_is_let_in() -> None:
    async def main() -> None:
        async with HttpHouse.open(Echoes(), drain_s=30) as house, house.socket() as line:
            await line.send("hello")
            await line.recv()
            serving = await house.client.get("/healthz")
            house.stop.set()
            await asyncio.sleep(0)
            draining = await house.client.get("/healthz")
            live = await house.client.get("/livez")
        assert (serving.status_code, serving.json()) == (200, {"status": "ok"})
        assert (draining.status_code, draining.json()) == (503, {"status": "draining"})
        assert (live.status_code, live.json()) == (200, {"status": "ok"})

    asyncio.run(main())


def nobody(opening: Opening, token: str) -> None:
    raise InvalidInput("nobody calls")


def asked(pulses: Pulses, path: str) -> tuple[int, dict[str, object]]:
    async def main() -> tuple[int, dict[str, object]]:
        never: Callable[..., object] = nobody
        async with hosting(never, 1) as sessions:  # type: ignore[arg-type]
            return await _ask(sessions, pulses, path)

    return asyncio.run(main())


async def _ask(sessions: Sessions, pulses: Pulses, path: str) -> tuple[int, dict[str, object]]:
    app = FastAPI()
    app.include_router(Health(sessions, pulses).router)
    through = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=through, base_url="http://x") as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/readyz", "/healthz"])
def test_it_is_ready_while_all_engines_are_and_tells_which_are_not(path: str) -> None:
    away = Pulse("demo", ready=False)
    missing = {"status": "not ready", "missing": ["asr", "tts"]}
    assert asked(Pulses(asr=away, tts=away), path) == (503, missing)
    assert asked(Pulses(), path) == (200, {"status": "ok"})


def test_it_lives_without_engines() -> None:
    away = Pulse("demo", ready=False)
    assert asked(Pulses(away, away, away), "/livez") == (200, {"status": "ok"})
