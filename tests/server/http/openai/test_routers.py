"""All routes, and their document."""

from __future__ import annotations

import httpx

from server.http.openai.routers import DOCUMENT_PATH
from tests.server.http.openai.counter import Counter


def test_the_document_is_open_to_everybody_and_tells_of_every_route() -> None:
    async def test(client: httpx.AsyncClient) -> None:
        answer = await client.get(DOCUMENT_PATH, headers={"Authorization": ""})
        assert answer.status_code == 200
        assert set(answer.json()["paths"]) == {
            "/v1/audio/transcriptions",
            "/v1/audio/speech",
            "/v1/chat/completions",
            "/v1/models",
            "/v1/models/{model_id}",
        }

    Counter().serve(test)
