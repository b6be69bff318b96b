from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ops.cli.main import main
from ops.sound import write_speech
from tests.ops.fake_engines import Recognizer, serving


@pytest.fixture
def recognizer() -> Recognizer:
    return Recognizer(["one two", "", "three"])


@pytest.fixture
def clip(tmp_path: Path) -> str:
    write_speech(tmp_path / "clip.wav", np.zeros(8_000, np.int16), 8_000)
    return str(tmp_path / "clip.wav")


def transcribed(
    monkeypatch: pytest.MonkeyPatch, folder: Path, recognizer: Recognizer, *arguments: str
) -> int:
    with serving(folder, "asr", recognizer) as address:
        monkeypatch.setenv("ANTIPHON_ASR__ADDRESS", address)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        return main(["transcribe", *arguments])


def test_each_utterance_is_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recognizer: Recognizer,
    clip: str,
) -> None:
    assert transcribed(monkeypatch, tmp_path, recognizer, clip, "--language", "en") == 0
    assert capsys.readouterr().out == "one two\nthree\n"
    config, *audio = recognizer.received
    assert config.config.language == "en"
    assert sum(len(request.audio) for request in audio) == 16_000 * 2


def test_json_has_every_utterance_and_its_place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recognizer: Recognizer,
    clip: str,
) -> None:
    assert transcribed(monkeypatch, tmp_path, recognizer, clip, "--json") == 0
    found = json.loads(capsys.readouterr().out)["utterances"]
    assert [one["text"] for one in found] == ["one two", "", "three"]
    assert found[0] == {"text": "one two", "language": "en", "start_ms": 100, "end_ms": 900}


def test_a_file_that_is_no_sound_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recognizer: Recognizer,
) -> None:
    (tmp_path / "note.wav").write_text("not a sound")
    assert transcribed(monkeypatch, tmp_path, recognizer, str(tmp_path / "note.wav")) == 1
    assert "is not a sound file that can be read" in capsys.readouterr().err
    assert not recognizer.received


def test_a_service_that_does_not_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clip: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert main(["transcribe", clip]) == 1
    told = "antiphon: the speech recognition service is not reachable; see `antiphon status`\n"
    assert capsys.readouterr() == ("", told)


def test_a_recording_without_speech_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clip: str
) -> None:
    assert transcribed(monkeypatch, tmp_path, Recognizer([]), clip) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("no speech was found in ")
