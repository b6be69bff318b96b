from __future__ import annotations

import sys
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.convert.program import program


def test_two_folders_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Path] = []
    monkeypatch.setattr(sys, "argv", ["convert", "from", "to"])
    assert program(lambda source, target: given.extend((source, target))) == 0
    assert given == [Path("from"), Path("to")]


def test_an_error_of_ours_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise Misconfigured(f"{source} is no model")

    assert program(refuse, ["from", "to"]) == 1
    assert capsys.readouterr().err == "from is no model\n"


@pytest.mark.parametrize("arguments", [[], ["one"], ["one", "two", "three"]])
def test_anything_else_is_misuse(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program(lambda source, target: None, arguments) == 2
    assert "INPUT_FOLDER OUTPUT_FOLDER" in capsys.readouterr().err
