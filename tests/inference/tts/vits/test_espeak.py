"""The kept espeak-ng process."""

# ruff: noqa: RUF001 - these are letters of the phonetic alphabet
from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured, Unavailable
from inference.tts.vits.espeak import MAX_LINE_BYTES, Espeak


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
    kept = Espeak("en-us")
    yield kept
    kept.close()


def test_lines(espeak: Espeak) -> None:
    assert espeak.phonemise(["hello world", "", "in the house"]) == [
        "həlˈoʊ wˈɜːld",
        "",
        "ɪnðə hˈaʊs",
    ]


def test_commands_and_the_sentinel_are_not_obeyed(espeak: Espeak) -> None:
    answers = espeak.phonemise(["[[ZZZZZ]]", "<break> now", "two\nlines", "nul\0byte"])
    assert answers[1:3] == ["bɹˈeɪk nˈaʊ", "tˈuː lˈaɪnz"]
    assert espeak.phonemise(["hello"]) == ["həlˈoʊ"]


def test_foreign_letters_leave_no_language_marks(espeak: Espeak) -> None:
    (answer,) = espeak.phonemise(["привет 你好"])
    assert answer and "(" not in answer


def test_a_line_too_long_is_cut(espeak: Espeak) -> None:
    whole, cut = espeak.phonemise(["ab " * (MAX_LINE_BYTES // 3), "ab " * 5000])
    assert whole == cut


def test_words_alone(espeak: Espeak) -> None:
    words = ["in", "the", "house", "don't"]
    assert espeak.alone(words) == ["ˈɪn", "ðˈə", "hˈaʊs", "dˈoʊnt"] == espeak.phonemise(words)
    # A word that has no sound, or two clauses in itself, or more than a line holds.
    assert espeak.alone(["in", "", "the"]) == ["ˈɪn", "", "ðˈə"]
    assert len(espeak.alone(["hello"] * 400)) == 400


def test_an_unusual_number_of_lines(espeak: Espeak) -> None:
    assert espeak.phonemise([]) == []
    assert len(espeak.phonemise(["one"] * 300)) == 300


def test_a_process_that_died_is_replaced(espeak: Espeak) -> None:
    espeak._process.kill()
    espeak._process.wait()
    assert espeak.phonemise(["hello"]) == ["həlˈoʊ"]


def _fake(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_dying_twice_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake(tmp_path, monkeypatch, "exit 1")
    broken = Espeak("en-us")
    with pytest.raises(Unavailable, match="espeak-ng stopped twice"):
        broken.phonemise(["a secret"])
    broken.close()


def test_hanging_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.tts.vits.espeak._ANSWER_TIMEOUT_S", 0.05)
    _fake(tmp_path, monkeypatch, "exec sleep 60")
    hanging = Espeak("en-us")
    with pytest.raises(Unavailable):
        hanging.phonemise(["a secret"])
    hanging.close()


def test_missing_programs_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Misconfigured, match="apt-get install espeak-ng"):
        Espeak("en-us")
