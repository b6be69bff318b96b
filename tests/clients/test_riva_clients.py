"""Clients of Riva, unmodified, at the gateway: NVIDIA's own, old and new, Pipecat's and LiveKit's.

The examples are run as their readers would run them; `riva_caller.py` calls what else NVIDIA's client has.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import grpc
import pytest
import soundfile
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from ops.sound import read_speech
from server.riva.protos import asr, tts
from tests.clients.conftest import CLIP
from tests.clients.gateway import HEARD, Gateway
from tests.speech import REPOSITORY, SPEECH, recording

FEWEST_WORDS = 8
LIMIT_S = 120
# What the simulated voice takes for a word.
WORD_S = 0.26
WELCOME_WORDS = 5

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same speech as WAV, FLAC and Ogg Opus."""
    wav = recording(SPEECH, CLIP)
    samples, rate_hz = read_speech(wav)
    flac, opus = (tmp_path_factory.mktemp("clips") / name for name in ("clip.flac", "clip.ogg"))
    soundfile.write(flac, samples, rate_hz)
    soundfile.write(opus, samples, rate_hz, subtype="OPUS")
    return [wav, flac, opus]


def run(environment: str, *arguments: object) -> str:
    """Return what a program prints, run by a client's own interpreter."""
    python = REPOSITORY / environment / "bin/python"
    if not python.exists():
        pytest.skip(f"there is no {environment}: ops/test makes it")
    done = subprocess.run(
        [python, *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def example(environment: str, name: str, served: Gateway, answer: Path) -> list[tuple[str, str]]:
    """Return the lines that an example prints, each with the word before its colon."""
    program = f"ops/examples/{name}.py"
    printed = run(environment, program, served.grpc, served.key, recording(SPEECH, CLIP), answer)
    parts = (line.partition(":") for line in printed.splitlines())
    return [(label, rest.strip()) for label, _, rest in parts]


def is_heard(text: str, fewest: int = FEWEST_WORDS) -> bool:
    """Return whether a text is `HEARD` over and over."""
    words = text.split()
    return len(words) >= fewest and set(words) == set(HEARD.split())


def seconds(path: Path) -> float:
    samples, rate_hz = read_speech(path)
    return len(samples) / rate_hz


@pytest.fixture(scope="module", params=[".venv-riva", ".venv-riva219"])
def told(request: pytest.FixtureRequest, served: Gateway, clips: list[Path]) -> dict[str, Any]:
    printed = run(request.param, "-m", "tests.clients.riva_caller", served.grpc, served.key, *clips)
    found: dict[str, Any] = json.loads(printed)
    return {"environment": request.param} | found


def test_a_recording_is_understood_whole_and_while_it_is_spoken(told: dict[str, Any]) -> None:
    assert is_heard(told["whole"])
    (final,) = told["finals"]
    assert is_heard(final)
    assert told["so_far"]
    assert all(final.startswith(text.split()[0]) for text in told["so_far"])


def test_files_are_understood_though_nothing_says_what_they_are(told: dict[str, Any]) -> None:
    assert len(told["files"]) == 3
    assert all(is_heard(text) for text in told["files"])


def test_words_have_times_in_whole_ms(told: dict[str, Any]) -> None:
    assert is_heard(" ".join(word for word, *_ in told["words"]))
    times = [time for _, start, end, _ in told["words"] for time in (start, end)]
    assert all(isinstance(time, int) for time in times)
    assert times == sorted(times)
    assert 2000 < times[-1] < 3500
    assert {confidence for *_, confidence in told["words"]} == {1.0}


def test_one_stream_has_many_finals(told: dict[str, Any]) -> None:
    assert [is_heard(final) for final in told["twice"]] == [True, True]


def test_a_client_may_end_an_utterance(told: dict[str, Any]) -> None:
    if told["environment"] == ".venv-riva219":
        assert "forced" not in told  # it has no word for it
    else:
        assert told["forced"] == 2


def test_text_is_spoken_whole_and_in_pieces(told: dict[str, Any]) -> None:
    spoken = told["spoken"]
    assert spoken["whole"] == sum(spoken["pieces"])
    assert len(spoken["pieces"]) > 2
    # Six words.
    assert spoken["whole"] / 2 / 44_100 > 6 * WORD_S
    assert spoken["opus"] == "OggS"


def test_without_a_key_a_client_learns_what_there_is_and_no_more(told: dict[str, Any]) -> None:
    assert told["open"] == {
        "models": ["online", "offline"],
        "languages": ["en-US"],
        "speech": "UNAUTHENTICATED",
        "recognition": "UNAUTHENTICATED",
    }


def test_samples_without_a_rate_are_refused(told: dict[str, Any]) -> None:
    assert told["no_rate"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("environment", [".venv-riva", ".venv-riva219"])
def test_the_example_with_nvidias_client(served: Gateway, tmp_path: Path, environment: str) -> None:
    answer = tmp_path / "answer.wav"
    lines = example(environment, "riva_client", served, answer)
    assert [is_heard(text) for label, text in lines if label == "whole"] == [True]
    assert [is_heard(text) for label, text in lines if label == "final"] == [True]
    assert seconds(answer) > WELCOME_WORDS * WORD_S


def test_the_example_with_pipecats_services_in_one_pipeline(
    served: Gateway, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.wav"
    ((label, text),) = example(".venv-pipecat", "pipecat_nvidia", served, answer)
    assert label == "heard"
    assert is_heard(text)
    assert seconds(answer) > len(["You", "said", *text.split()]) * WORD_S


def test_the_example_with_livekits_plugin(served: Gateway, tmp_path: Path) -> None:
    answer = tmp_path / "answer.wav"
    lines = example(".venv-livekit", "livekit_nvidia", served, answer)
    assert lines[0] == ("voices", "{'en-US': {'voices': ['simulated.default']}}")
    assert [is_heard(text) for label, text in lines if label == "heard"] == [True]
    assert "so far" in dict(lines)
    assert seconds(answer) > WELCOME_WORDS * WORD_S


def test_reflection_and_health_tell_of_rivas_services(served: Gateway) -> None:
    names = ["nvidia.riva.asr.RivaSpeechRecognition", "nvidia.riva.tts.RivaSpeechSynthesis"]
    with grpc.insecure_channel(served.grpc) as channel:
        reflected = ProtoReflectionDescriptorDatabase(channel)
        assert set(names) < set(reflected.get_services())
        for name, module in zip(names, (asr, tts), strict=True):
            assert reflected.FindFileContainingSymbol(name).name == module.DESCRIPTOR.name
            check = health_pb2.HealthCheckRequest(service=name)
            health: Any = health_pb2_grpc.HealthStub(channel)
            answer = health.Check(check)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
