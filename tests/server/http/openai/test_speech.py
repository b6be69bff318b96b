"""Speech over HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from antiphon.errors import Exhausted
from antiphon.guest import is_guest
from server.http.openai.speech import SPEECH_PATH
from server.sound.encoding import Format
from server.sound.kind import HEAD_BYTES, Kind, sniff
from tests.server.fake_call import refusal, rpc_error
from tests.server.fakes import WORD_MS
from tests.server.http.openai.counter import Counter, events

KINDS = {
    Format.WAV: Kind.WAV,
    Format.MP3: Kind.MP3,
    Format.OPUS: Kind.OGG,
    Format.FLAC: Kind.FLAC,
    Format.AAC: Kind.AAC,
}


def spoken(counter: Counter, **asked: Any) -> httpx.Response:
    answers = []

    async def test(client: httpx.AsyncClient) -> None:
        answers.append(await client.post(SPEECH_PATH, json={"input": "Hello", **asked}))

    counter.serve(test)
    return answers[0]


def test_pcm_is_24_khz() -> None:
    counter = Counter()
    answer = spoken(counter, response_format="pcm", voice="alloy", speed=4)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/pcm")
    assert len(answer.content) == 2 * 24 * WORD_MS
    config, text = counter.voice.calls[0].requests
    assert (config.config.voice, config.config.speed, text.text) == ("joe", 2.0, "Hello")
    assert counter.voice.calls[0].half_closed.is_set()
    assert is_guest(counter.voice.metadata[0])


def test_a_voice_may_be_an_object() -> None:
    counter = Counter()
    assert spoken(counter, voice={"id": "mary"}).status_code == 200
    assert counter.voice.calls[0].requests[0].config.voice == "mary"


@pytest.mark.parametrize("kind", KINDS)
def test_each_format(kind: Format) -> None:
    answer = spoken(Counter(), response_format=kind)
    assert answer.headers["content-type"] == kind.media_type
    assert sniff(answer.content[:HEAD_BYTES]) is KINDS[kind]


def test_as_events() -> None:
    answer = spoken(Counter(), response_format="pcm", stream_format="sse")
    assert answer.headers["content-type"].startswith("text/event-stream")
    *deltas, done = map(json.loads, events(answer.text))
    audio = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert len(audio) == 2 * 24 * WORD_MS
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    assert done == {"type": "speech.audio.done"}


@pytest.mark.parametrize("stream_format", ["audio", "sse"])
def test_a_busy_voice_and_one_that_is_down_are_told_as_such(stream_format: str) -> None:
    counter = Counter()
    for error, code in ((refusal(Exhausted("full")), "exhausted"), (rpc_error(), "unavailable")):
        counter.voice.error = error
        answer = spoken(counter, stream_format=stream_format)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, code)
        assert "retry-after" in answer.headers
    # What was asked for is given up, and the places are free again.
    assert all(call.cancelled for call in counter.voice.calls)
    counter.voice.error = None
    assert spoken(counter).status_code == 200


@pytest.mark.parametrize("stream_format", ["audio", "sse"])
@pytest.mark.parametrize("response_format", Format)
def test_text_without_a_word_is_refused(response_format: Format, stream_format: str) -> None:
    counter = Counter()
    counter.voice.word_ms = 0
    answer = spoken(
        counter, input="?!", response_format=response_format, stream_format=stream_format
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "no_text", "input")


def test_guests_are_bounded() -> None:
    answer = spoken(Counter(guests=0))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "guests_full")


def test_a_body_over_its_bound() -> None:
    assert spoken(Counter(), instructions="x" * 300_000).status_code == 413
