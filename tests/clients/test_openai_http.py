"""OpenAI's own client over HTTP, unmodified, and the example that its users may begin with."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from antiphon.audio import Int16
from server.sound.container import samples_of
from server.sound.kind import Kind
from server.sound.source import Source
from tests.clients.gateway import HEARD, REPLY, Gateway
from tests.clients.microphone import RATE_HZ
from tests.clients.openai_http_caller import TEXT
from tests.speech import REPOSITORY

LIMIT_S = 90
# The simulated voice's.
WORD_MS = 260

pytestmark = [pytest.mark.slow, pytest.mark.model]


def run(module: str, *arguments: str | Path) -> str:
    """Return what a program prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told(served: Gateway, clip: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        run("tests.clients.openai_http_caller", served.url, served.key, clip)
    )
    return said


def is_heard(text: str) -> bool:
    return set(text.split()) == set(HEARD.split())


def decoded(data: bytes, kind: Kind) -> Int16:
    pieces = iter([data])
    return np.concatenate(list(samples_of(Source(lambda: next(pieces, b"")), kind, RATE_HZ)))


def test_a_recording_is_written_down(told: dict[str, Any]) -> None:
    written = told["transcriptions"]
    assert is_heard(written["json"])
    verbose = written["verbose"]
    assert is_heard(verbose["text"]) and is_heard(
        " ".join(word["word"] for word in verbose["words"])
    )
    (segment,) = verbose["segments"]
    assert 0 < segment["start"] < segment["end"] <= verbose["duration"] < 4
    number, times, text = written["srt"].strip().splitlines()
    assert number == "1" and " --> 00:00:0" in times and is_heard(text)


def test_it_is_written_down_as_it_is_heard(told: dict[str, Any]) -> None:
    *deltas, done = told["transcriptions"]["streamed"]
    assert "".join(delta["delta"] for delta in deltas) == done["text"]
    assert done["type"] == "transcript.text.done" and is_heard(done["text"])


def test_what_is_no_sound_is_a_bad_request(told: dict[str, Any]) -> None:
    assert told["transcriptions"]["refused"] == "file"


def test_a_text_is_spoken(told: dict[str, Any]) -> None:
    least_samples = len(TEXT.split()) * WORD_MS * RATE_HZ // 1000 * 0.8
    chunks = told["speech"]["pcm"]
    assert len(chunks) > 1 and sum(chunks) > 2 * least_samples
    mp3 = base64.b64decode(told["speech"]["mp3"])
    samples = decoded(mp3, Kind.MP3)
    assert len(samples) > least_samples and np.abs(samples).max() > 1000


def test_a_tool_is_called_and_a_question_answered(told: dict[str, Any]) -> None:
    chat = told["chat"]
    (call,) = chat["calls"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "Oslo"})
    assert chat["reason"] == "tool_calls" and chat["tokens"] > 0
    assert chat["whole"] == REPLY


def test_models_are_listed(told: dict[str, Any]) -> None:
    assert told["models"][0] == told["model"] == "antiphon"


def test_the_example_answers_a_recorded_question_in_speech(
    served: Gateway, clip: Path, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.mp3"
    printed = run("ops.examples.openai_http", served.url, served.key, clip, answer)
    heard, said = (line.partition(":")[2].strip() for line in printed.splitlines())
    assert is_heard(heard) and said == REPLY
    spoken = decoded(answer.read_bytes(), Kind.MP3)
    assert len(spoken) > len(said.split()) * WORD_MS * RATE_HZ // 1000 * 0.8
