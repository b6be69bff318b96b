"""Chat completions over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from antiphon.errors import Exhausted, Unsupported
from server.http.openai.chat import CHAT_PATH
from tests.server.fake_call import refusal, rpc_error
from tests.server.http.openai.counter import WORDS, Counter, events

SAID = "".join(WORDS)


def asked(counter: Counter, **more: Any) -> httpx.Response:
    answers = []
    body = {"messages": [{"role": "user", "content": "Hello"}], "model": "gpt-4o", **more}

    async def test(client: httpx.AsyncClient) -> None:
        answers.append(await client.post(CHAT_PATH, json=body))

    counter.serve(test)
    return answers[0]


def test_a_whole_answer() -> None:
    counter = Counter()
    told = asked(counter).json()
    assert (told["object"], told["model"]) == ("chat.completion", "gpt-4o")
    assert told["choices"][0]["message"] == {"role": "assistant", "content": SAID}
    assert told["usage"]["total_tokens"] == 12
    assert counter.generator.guests == [True]
    assert counter.generator.calls[0].cancelled  # which does nothing to a call that has ended


def test_a_streamed_answer() -> None:
    answer = asked(Counter(), stream=True, stream_options={"include_usage": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *told, done = events(answer.text)
    chunks = [json.loads(piece) for piece in told]
    assert done == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas) == SAID
    assert chunks[-1]["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("can", [True, False])
def test_a_seed_is_used_where_the_engine_can(can: bool) -> None:
    counter = Counter()
    if can:
        counter.infos["llm"].capabilities.append("seed")
    assert asked(counter, seed=7).status_code == 200
    assert counter.generator.requests[0].sampling.HasField("seed") is can


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (refusal(Exhausted("full")), 503, "retry-after"),
        (rpc_error(), 503, "retry-after"),
        # OpenAI's clients would try again what is 500 or more.
        (refusal(Unsupported("no tools here")), 501, "x-should-retry"),
    ],
)
def test_what_the_engine_refuses(stream: bool, error: Exception, status: int, header: str) -> None:
    counter = Counter()
    counter.generator.fail_after, counter.generator.error = 0, error
    answer = asked(counter, stream=stream)
    assert answer.status_code == status and header in answer.headers
    counter.generator.fail_after = None
    assert asked(counter).status_code == 200


def test_an_engine_that_breaks_off_in_the_middle_ends_the_stream_with_an_error() -> None:
    counter = Counter()
    counter.generator.fail_after = 2
    *_, last = events(asked(counter, stream=True).text)
    assert json.loads(last)["error"]["code"] == "unavailable"
    assert asked(counter).status_code == 503


def test_guests_are_bounded() -> None:
    for stream in (True, False):
        answer = asked(Counter(guests=0), stream=stream)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "guests_full")
