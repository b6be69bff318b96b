from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Barrier

import pytest

from ops.checks import __main__ as command_line
from ops.checks.outcome import Outcome, failed, passed, skipped
from ops.checks.steps import Step


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}

    def steps(reports: Path, *, fast: bool) -> list[Step]:
        assert reports.is_dir()
        return [
            Step(name, lambda outcome=outcome: outcome)  # type: ignore[misc]
            for name, outcome in outcomes.items()
            if not (fast and name == "slow")
        ]

    monkeypatch.setattr(command_line, "steps", steps)
    return outcomes


def test_each_step_is_a_line_and_the_last_counts(
    given: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    given["format"] = passed()
    given["shell"] = skipped("no shellcheck")
    given["tests"] = Outcome(7, 0, 3, Counter({"no weights": 2, "no card": 1}))
    assert command_line.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["ok", "format", "0.0", "s"]
    assert lines[1].split() == ["-", "shell", "0.0", "s"]
    assert lines[2].split(maxsplit=4) == [
        "ok",
        "tests",
        "0.0",
        "s",
        "7 passed, 0 failed, 3 skipped",
    ]
    assert lines[3:] == [
        "skipped 2: no weights",
        "skipped 1: no card",
        "skipped 1: no shellcheck",
        "8 passed, 0 failed, 4 skipped",
    ]


def test_a_failure_is_shown_and_is_the_exit_status(
    given: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    given["lint"] = failed("a.py:1 is wrong\n")
    given["types"] = passed()
    assert command_line.main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["FAILED", "lint"]
    assert lines[1] == "a.py:1 is wrong"
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"


def test_only_what_is_named_runs(
    given: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    given.update(a=passed(), b=failed("no"), c=passed())
    assert command_line.main(["--only", "a", "--only", "c"]) == 0
    assert capsys.readouterr().out.endswith("2 passed, 0 failed, 0 skipped\n")
    assert command_line.main(["--only", "d"]) == 2
    assert capsys.readouterr().err == "unknown: d; there are: a, b, c\n"


def test_two_that_take_one_core_each_run_at_a_time_and_are_told_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    met = Barrier(2, timeout=5)

    def meet() -> Outcome:
        met.wait()
        return passed()

    chosen = [
        Step("first", passed, both_cores=True),
        *(Step(name, meet) for name in "ab"),
        Step("last", lambda: passed() if met.n_waiting == 0 else failed("early"), both_cores=True),
    ]
    monkeypatch.setattr(command_line, "steps", lambda *_, **__: chosen)
    assert command_line.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["first", "a", "b", "last"]


def test_fast_leaves_out_what_is_slow(
    given: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    given.update(a=passed(), slow=failed("no"))
    assert command_line.main(["--fast"]) == 0
