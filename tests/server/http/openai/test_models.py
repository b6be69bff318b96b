"""What is served, by name."""

from __future__ import annotations

import httpx

from tests.server.fake_call import rpc_error
from tests.server.http.openai.counter import Counter


def test_all_models_and_each() -> None:
    async def test(client: httpx.AsyncClient) -> None:
        told = (await client.get("/v1/models")).json()
        assert told["object"] == "list"
        assert [model["id"] for model in told["data"]] == ["antiphon", "whisper", "llama", "joe"]
        for model in told["data"]:
            assert (await client.get(f"/v1/models/{model['id']}")).json() == model
        answer = await client.get("/v1/models/gpt-9")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")

    Counter().serve(test)


def test_an_engine_that_is_down_is_left_out() -> None:
    counter = Counter()
    counter.down = rpc_error()

    async def test(client: httpx.AsyncClient) -> None:
        told = (await client.get("/v1/models")).json()
        assert [model["id"] for model in told["data"]] == ["antiphon"]

    counter.serve(test)
