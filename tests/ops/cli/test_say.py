from __future__ import annotations

import io
from pathlib import Path

import pytest
import soundfile

from ops.cli.main import main
from tests.ops.fake_engines import VOICE_HZ, Synthesizer, serving


def said(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, stdin: bytes = b""
) -> tuple[int, Synthesizer]:
    synthesizer = Synthesizer()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    with serving(folder, "tts", synthesizer) as address:
        monkeypatch.setenv("ANTIPHON_TTS__ADDRESS", address)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        return main(["say", *arguments]), synthesizer


def test_a_text_becomes_a_sound_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.wav"
    status, synthesizer = said(monkeypatch, tmp_path, "abc", "--out", str(out), "--voice", "ann")
    assert status == 0
    samples, rate_hz = soundfile.read(out, dtype="int16")
    assert (samples.tolist(), rate_hz) == ([97, 98, 99], VOICE_HZ)
    assert synthesizer.config is not None
    assert synthesizer.config.voice == "ann"
    assert capsys.readouterr().out == f"0.0 s of speech in {out}\n"


def test_the_text_may_come_on_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "a.wav")
    status, synthesizer = said(monkeypatch, tmp_path, "-", "--out", out, stdin="é\n".encode())
    assert (status, synthesizer.texts) == (0, ["é\n"])


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        ([" "], b"", "the text is empty"),
        (["-"], b"", "the text is empty"),
        (["-"], b"\xff", "the text on standard input is not UTF-8"),
        (["..."], b"", "nothing that can be spoken"),
    ],
)
def test_what_cannot_be_said_is_told_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    stdin: bytes,
    told: str,
) -> None:
    out = tmp_path / "a.wav"
    assert said(monkeypatch, tmp_path, *arguments, "--out", str(out), stdin=stdin)[0] == 1
    shown = capsys.readouterr().err
    assert told in shown
    assert shown.count("\n") == 1
    assert not out.exists()
