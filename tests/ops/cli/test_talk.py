from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from ops.cli.main import main
from ops.sound import read_speech, write_speech
from server.access.installation_key import load_or_make
from tests.ops.talk.agent import DONE, HEARD, REPLY, Agent, serving


@pytest.fixture
def question(tmp_path: Path) -> str:
    samples = (8000 * np.sin(np.arange(1_600))).astype(np.int16)
    write_speech(tmp_path / "question.wav", samples, 16_000)
    return str(tmp_path / "question.wav")


def talked(monkeypatch: pytest.MonkeyPatch, folder: Path, agent: Agent, *arguments: str) -> int:
    load_or_make(folder / "key")
    with serving(agent, folder) as address:
        monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", address)
        monkeypatch.setenv("ANTIPHON_SERVER__KEY_FILE", str(folder / "key"))
        return main(["talk", *arguments])


def test_it_shows_the_conversation_and_where_the_time_went(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    question: str,
) -> None:
    answer = tmp_path / "answer.wav"
    assert talked(monkeypatch, tmp_path, Agent(), question, "--answer", str(answer)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["  …     What", "caller: What is it?", "agent:  An apple.", ""]
    assert lines[4].split() == ["caller", "silent", "until", "committed", "510", "ms"]
    assert lines[5].split() == ["committed", "until", "final", "1", "ms"]
    assert lines[6].startswith("voice to voice, at the caller")
    assert lines[-1] == f"0.1 s of answer in {answer}"
    samples, rate_hz = read_speech(answer)
    assert (len(samples), rate_hz) == (2400, 24_000)


def test_json_is_all_that_is_printed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    question: str,
) -> None:
    assert talked(monkeypatch, tmp_path, Agent(), question, "--json", "--language", "en") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["heard"] == "What is it?"
    assert told.err == ""


def test_on_a_terminal_partials_overwrite_each_other(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    question: str,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    talked(monkeypatch, tmp_path, Agent(), question)
    assert "\r\x1b[K\x1b[2m  …     What\x1b[0m\r\x1b[Kcaller: What" in capsys.readouterr().out


def test_a_reply_that_failed_is_an_exit_status(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    question: str,
) -> None:
    error = {"type": "error", "error": {"message": "the voice is out"}}
    failed = {**DONE, "response": {"status": "failed"}}
    agent = Agent(reply=(HEARD, REPLY[2], error, failed))
    assert talked(monkeypatch, tmp_path, agent, question) == 1
    assert capsys.readouterr().err == "error:  the voice is out\n"


def test_a_recording_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["talk", "/none.wav"]) == 1
    assert capsys.readouterr().err == "antiphon: no such file: /none.wav\n"
