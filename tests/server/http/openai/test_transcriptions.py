"""Transcriptions over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from antiphon.errors import Exhausted
from server.http.openai.transcriptions import TRANSCRIPTIONS_PATH
from server.sound.kind import Kind
from tests.server.fake_call import refusal, rpc_error
from tests.server.http.openai.counter import Counter, events
from tests.server.sound.files import SECONDS, file_of

SAID = "Get weather. Please!"


def written(counter: Counter, file: bytes = file_of(Kind.FLAC), **fields: Any) -> httpx.Response:
    answers = []

    async def test(client: httpx.AsyncClient) -> None:
        form = {"file": ("a.flac", file)}
        data = {"model": "whisper-1", **fields}
        answers.append(await client.post(TRANSCRIPTIONS_PATH, data=data, files=form))

    counter.serve(test)
    return answers[0]


def test_json() -> None:
    answer = written(Counter())
    assert answer.json() == {"text": SAID, "usage": {"type": "duration", "seconds": SECONDS}}


def test_verbose_json() -> None:
    told = written(Counter(), response_format="verbose_json").json()
    assert (told["duration"], told["language"], len(told["segments"])) == (SECONDS, "en", 2)


@pytest.mark.parametrize(
    ("form", "begins"), [("text", SAID), ("srt", "1\n00:00:00,200"), ("vtt", "WEBVTT\n\n00:00:")]
)
def test_text(form: str, begins: str) -> None:
    answer = written(Counter(), response_format=form)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(begins)


def test_a_stream() -> None:
    answer = written(Counter(), stream="true")
    assert answer.headers["content-type"].startswith("text/event-stream")
    *deltas, done = map(json.loads, events(answer.text))
    assert [delta["delta"] for delta in deltas] == ["Get weather.", " Please!"]
    assert done == {"type": "transcript.text.done", "text": SAID}


@pytest.mark.parametrize("stream", ["true", "false"])
def test_what_is_refused(stream: str) -> None:
    answer = written(Counter(), b"no sound", stream=stream)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
    answer = written(Counter(guests=0), stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "guests_full")
    for error in (refusal(Exhausted("full")), rpc_error()):
        counter = Counter()
        counter.scribe.finals, counter.scribe.error = (), error
        assert written(counter, stream=stream).status_code == 503
        counter.scribe.error = None
        assert written(counter, stream=stream).status_code == 200
