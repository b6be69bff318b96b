"""`antiphon talk` with the real gateway: only the engines are made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from antiphon.errors import AntiphonError, InvalidInput, Misconfigured, NotPermitted, Unavailable
from ops.cli.talk import talk_command
from ops.sound import read_speech, write_speech
from ops.talk import caller
from ops.talk.report import HOPS
from server.access.installation_key import load_or_make
from tests.ops.talk.gateway import HEARD, gateway
from tests.server.fakes import FakeGenerator

RATE_HZ = 16_000
APP = typer.Typer()
APP.command()(talk_command)


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """A tenth of a second of voice-like sound between silences."""
    seconds = np.arange(RATE_HZ // 10) / RATE_HZ
    voice = 8000 * np.sin(2 * np.pi * 220 * seconds)
    samples = np.concatenate([np.zeros(640), voice, np.zeros(640)]).astype(np.int16)
    write_speech(tmp_path / "question.wav", samples, RATE_HZ)
    return tmp_path / "question.wav"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation in a folder of the test's own, with its key."""
    (tmp_path / "antiphon.toml").write_text("")
    monkeypatch.setenv("ANTIPHON_CONFIG", str(tmp_path / "antiphon.toml"))
    monkeypatch.setenv("ANTIPHON_SERVER__KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", f"unix:{tmp_path}/gateway.sock")
    load_or_make(tmp_path / "key")
    return tmp_path


def _key(home: Path) -> str:
    return (home / "key").read_text().strip()


def _talk(*arguments: str | Path) -> Result:
    return CliRunner().invoke(APP, [str(argument) for argument in arguments])


def _problem(*arguments: str | Path) -> AntiphonError:
    """Return the error that the command line tells in one line."""
    problem = _talk(*arguments).exception
    assert isinstance(problem, AntiphonError)
    return problem


def test_a_question_is_heard_and_its_answer_kept(home: Path, question: Path) -> None:
    answer = home / "answer.wav"
    with gateway(home, _key(home)):
        result = _talk(question, "--answer", answer, "--language", "en")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert f"caller: {HEARD}" in lines
    assert "agent:  An apple." in lines
    assert [line.split("  ")[0] for line in lines if line.endswith(" ms")] == [
        *(name for name, _ in HOPS),
        "voice to voice, at the caller",
    ]
    samples, rate_hz = read_speech(answer)
    assert (len(samples), rate_hz) == (2 * 300 * 24, 24_000)


def test_json_is_one_object(home: Path, question: Path) -> None:
    with gateway(home, _key(home)):
        result = _talk(question, "--json")
    told: dict[str, Any] = json.loads(result.output)
    assert (told["heard"], told["answered"], told["status"]) == (HEARD, "An apple.", "completed")
    assert told["speech_ended_ms"] == 140
    assert told["voice_to_voice_ms"] > 0
    assert list(told["hops_ms"]) == [name for name, _ in HOPS]
    assert told["partials"]


def test_a_model_that_fails_is_told_and_is_an_exit_status(home: Path, question: Path) -> None:
    with gateway(home, _key(home), generator=FakeGenerator(["An "], fail_after=0)):
        result = _talk(question)
    assert result.exit_code == 1
    assert "error:  the language model service is not reachable" in result.output


def test_another_key_is_refused(home: Path, question: Path) -> None:
    with gateway(home, "ak_other"):
        problem = _problem(question)
    assert isinstance(problem, NotPermitted)


def test_silence_is_not_answered(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "ANSWER_S", 0.2)
    write_speech(tmp_path / "silence.wav", np.zeros(RATE_HZ // 5, np.int16), RATE_HZ)
    with gateway(home, _key(home), after_ms=None):
        problem = _problem(tmp_path / "silence.wav")
    assert isinstance(problem, Unavailable)
    assert "is there speech in it?" in problem.message


def test_without_a_key_nothing_is_asked(home: Path, question: Path) -> None:
    (home / "key").unlink()
    problem = _problem(question)
    assert isinstance(problem, Misconfigured)
    assert "no key at" in problem.message


def test_without_an_appliance_that_is_told(home: Path, question: Path) -> None:
    problem = _problem(question)
    assert isinstance(problem, Unavailable)
    assert "not reachable; see `antiphon status`" in problem.message


@pytest.mark.parametrize(
    ("data", "words"), [(b"no sound", "not a sound file"), (None, "holds no audio")]
)
def test_a_file_that_is_no_question_is_told(home: Path, data: bytes | None, words: str) -> None:
    path = home / "question.wav"
    if data is None:
        write_speech(path, np.zeros(0, np.int16), RATE_HZ)
    else:
        path.write_bytes(data)
    problem = _problem(path)
    assert isinstance(problem, InvalidInput)
    assert words in problem.message
