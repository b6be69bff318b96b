"""The examples over gRPC, run as their readers would run them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.audio import resample
from ops.sound import read_speech, write_speech
from tests.clients.gateway import HEARD, REPLY, Gateway, gateway
from tests.speech import REPOSITORY, SPEECH, recording
from tests.weights import weights

CLIP = "harvard/birch_canoe.wav"
RATE_HZ = 24_000
LIMIT_S = 90

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module")
def served() -> Iterator[Gateway]:
    for name in ("silero-vad", "smart-turn-v3.2"):
        weights(name)
    with gateway() as found:
        yield found


@pytest.mark.parametrize("example", ["grpc_agent", "grpc_engines"])
def test_a_recorded_question_is_answered_in_speech(
    served: Gateway, tmp_path: Path, example: str
) -> None:
    samples, rate_hz = read_speech(recording(SPEECH, CLIP))
    question, answer = tmp_path / "question.wav", tmp_path / "answer.wav"
    write_speech(question, resample(samples, rate_hz, RATE_HZ), RATE_HZ)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            f"ops.examples.{example}",
            served.grpc,
            served.key,
            question,
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
