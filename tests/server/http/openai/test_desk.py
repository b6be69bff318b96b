"""Who is let in."""

from __future__ import annotations

import httpx
import pytest

from server.access.grant import Grant, Holder
from tests.server.http.openai.counter import Counter

ROUTES = [
    ("POST", "/v1/audio/transcriptions"),
    ("POST", "/v1/audio/speech"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/antiphon"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_the_installations_key_opens_it(method: str, path: str) -> None:
    counter = Counter()

    async def test(client: httpx.AsyncClient) -> None:
        key = counter.keyring.ephemeral.issue(Grant(Holder.CLIENT, "x"), 60)
        for authorization in ("", "Bearer x", f"Bearer {key}"):
            headers = {"Authorization": authorization}
            assert (await client.request(method, path, headers=headers)).status_code == 401

    counter.serve(test)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_is_let_in_while_the_gateway_stops(method: str, path: str) -> None:
    counter = Counter()
    counter.sessions.draining = True

    async def test(client: httpx.AsyncClient) -> None:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
        assert int(answer.headers["retry-after"]) > 0

    counter.serve(test)
