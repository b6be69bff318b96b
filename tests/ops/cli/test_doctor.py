from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from ops.cli import doctor
from ops.cli.main import main
from ops.doctor.finding import Finding

WELL = Finding("platform", "Linux")
ILL = Finding("models", "joe is absent", "antiphon models pull joe")


def found(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> list[bool]:
    asked: list[bool] = []

    def visit(*, deep: bool) -> Iterator[Finding]:
        asked.append(deep)
        yield from findings

    monkeypatch.setattr(doctor, "visit", visit)
    return asked


def test_nothing_missing_is_status_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = found(monkeypatch, WELL)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "ok     platform      Linux\n\nnothing is missing\n"
    assert asked == [False]


def test_what_is_missing_comes_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = found(monkeypatch, WELL, ILL)
    assert main(["doctor", "--deep"]) == 1
    assert capsys.readouterr().out == (
        "ok     platform      Linux\n"
        "AMISS  models        joe is absent\n"
        "                     antiphon models pull joe\n"
        "\n1 to mend\n"
    )
    assert asked == [True]


def test_it_is_red_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found(monkeypatch, WELL, ILL)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    main(["doctor"])
    well, ill, *_ = capsys.readouterr().out.splitlines()
    assert "\x1b" not in well
    assert ill.startswith("\x1b[31mAMISS")
