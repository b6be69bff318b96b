"""The examples over gRPC, run as their readers would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ops.sound import read_speech
from tests.clients.gateway import HEARD, REPLY, Gateway
from tests.speech import REPOSITORY

LIMIT_S = 90

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.mark.parametrize("example", ["grpc_agent", "grpc_engines"])
def test_a_recorded_question_is_answered_in_speech(
    served: Gateway, clip: Path, tmp_path: Path, example: str
) -> None:
    answer = tmp_path / "answer.wav"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            f"ops.examples.{example}",
            served.grpc,
            served.key,
            clip,
            answer,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heard, said = (line.partition(":")[2].split() for line in done.stdout.splitlines())
    assert set(heard) == set(HEARD.split())
    assert said
    spoken, spoken_hz = read_speech(answer)
    # The simulated voice takes 260 ms a word.
    assert len(spoken) / spoken_hz > 0.2 * len(said)
    assert example == "grpc_agent" or " ".join(said) == REPLY
