"""The gateway as other people's clients for Python see it, each as its users install and wire it.

All live through the same: a greeting that a human voice interrupts, a function called for what was said,
and an answer to its result that is heard out. The scripts are `CLIENT_caller.py`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gateway import HEARD, REPLY, Gateway
from tests.clients.microphone import GREETED_MS
from tests.speech import REPOSITORY

LIMIT_S = 120
# OpenAI's client is in our own: the gateway uses its types.
ENVIRONMENTS = {"openai": ".venv", "pipecat": ".venv-pipecat", "livekit": ".venv-livekit"}

pytestmark = [pytest.mark.slow, pytest.mark.model]


def converse(client: str, served: Gateway, clip: Path) -> dict[str, Any]:
    """Return what `CLIENT_caller.py` tells of its conversation, run by its own interpreter."""
    python = REPOSITORY / ENVIRONMENTS[client] / "bin/python"
    if not python.exists():
        pytest.skip(f"there is no {ENVIRONMENTS[client]}: ops/test makes it")
    done = subprocess.run(
        [python, "-m", f"tests.clients.{client}_caller", served.url, served.key, clip],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["errors"] == [], done.stderr
    return told


def share_of_reply(text: str) -> float:
    """Return how much of `REPLY` a text is, from 0 to 1; it is the beginning of it."""
    assert REPLY.startswith(text.strip()), text
    return len(text.strip()) / len(REPLY)


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def told(request: pytest.FixtureRequest, served: Gateway, clip: Path) -> dict[str, Any]:
    return {"client": request.param} | converse(request.param, served, clip)


def test_the_callers_words_are_written_down_once(told: dict[str, Any]) -> None:
    (transcript,) = told["transcripts"]
    assert set(transcript.split()) == set(HEARD.split())


def test_speech_interrupts_the_greeting_and_nothing_else(told: dict[str, Any]) -> None:
    assert told["interruptions"] == 1
    # All of it would take 9 s; to be believed, the caller must be understood.
    assert GREETED_MS < told["greeting_ms"] < 6000


def test_a_function_is_called_and_its_result_is_answered_in_speech(told: dict[str, Any]) -> None:
    assert [set(arguments) for arguments in told["calls"]] == [{"city"}]
    assert share_of_reply(told["said"][-1]) == 1
    # 34 words at the simulated voice's 260 ms each.
    assert told["answer_ms"] > 8000


def test_the_gateway_remembers_of_the_greeting_what_was_heard(told: dict[str, Any]) -> None:
    if told["client"] == "livekit":  # it cannot ask; but it said up to where it had played
        (truncated_ms,) = told["truncated_ms"]
        assert 1000 < truncated_ms <= told["greeting_ms"]
    else:
        assert 0 < share_of_reply(told["greeting_heard"]) < 0.7
