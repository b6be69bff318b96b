from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ops.checks import environments, suite
from ops.checks.environments import MAIN, Environment
from ops.checks.outcome import Outcome, failed
from ops.checks.suite import count, coverage_file, run

TESTS = """
import pytest

def test_good(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_skipped(n): pytest.skip("no weights")
@pytest.mark.slow
def test_slow(): pass
"""
CONFIG = """
[pytest]
markers =
    slow: slow
    model: model
    gpu: gpu
"""

ALONE = replace(MAIN, processes=1)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (suite, environments):
        monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    # Not a link: an interpreter behind one would not find its own packages.
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text(CONFIG)
    return tmp_path


def suite_of(repository: Path, text: str, *, fast: bool = False) -> Outcome:
    (repository / "tests/test_it.py").write_text(text)
    return run(ALONE, repository, fast=fast, quiet=True)


def test_tests_are_counted_and_reasons_kept(repository: Path) -> None:
    outcome = suite_of(repository, TESTS)
    assert str(outcome) == "2 passed, 0 failed, 2 skipped"
    assert outcome.reasons == {"no weights": 2}
    assert coverage_file(repository, MAIN).exists()


def test_processes_share_the_files_and_what_they_cover_is_put_together(repository: Path) -> None:
    own = "import os\ndef test_it(): open(f'pid.{os.getpid()}', 'a').close()\n"
    for number in range(4):
        (repository / f"tests/test_{number}.py").write_text(own)
    outcome = run(replace(MAIN, processes=2), repository, fast=False, quiet=True)
    assert str(outcome) == "4 passed, 0 failed, 0 skipped"
    assert len([*repository.glob("pid.*")]) == 2
    assert coverage_file(repository, MAIN).exists()


def test_fast_leaves_out_what_is_slow(repository: Path) -> None:
    assert str(suite_of(repository, TESTS, fast=True)) == "1 passed, 0 failed, 2 skipped"


def test_failures_and_errors_both_fail(repository: Path) -> None:
    text = (
        "import pytest\n"
        "def test_bad(): assert False\n"
        "@pytest.fixture\ndef broken(): raise ValueError\n"
        "def test_error(broken): pass\n"
        "def test_good(): pass\n"
    )
    outcome = suite_of(repository, text)
    assert str(outcome) == "1 passed, 2 failed, 0 skipped"
    assert "assert False" in outcome.output


def test_a_file_that_cannot_be_read_fails(repository: Path) -> None:
    assert suite_of(repository, "def test_(:").failed >= 1


def test_a_process_that_dies_fails(repository: Path) -> None:
    died = suite_of(repository, "import os\ndef test_it(): os._exit(9)\n")
    assert died == failed("pytest ended with status 9 and left no report")


def test_a_suite_that_hangs_fails(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "LIMIT_S", 2.0)
    # In pytest's place, whose own start takes longer than that on a busy machine.
    (repository / ".venv/bin/python").write_text("#!/bin/sh\nprintf .\nexec sleep 600\n")
    hung = suite_of(repository, "")
    assert hung.failed == 1
    assert hung.output == ".the tests did not end within 2 s"  # after what went well before


def test_a_missing_interpreter_fails(repository: Path) -> None:
    other = replace(MAIN, folder=".venv-other")
    outcome = run(other, repository, fast=False)
    assert "there is no " in outcome.output
    assert outcome.failed == 1


def test_an_environment_without_tests_has_nothing_to_count(repository: Path) -> None:
    other = Environment("other", ".venv", ("tests/none/*.py",))
    assert run(other, repository, fast=False) == Outcome()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0, "1 passed, 0 failed, 0 skipped"),
        (5, "1 passed, 0 failed, 0 skipped"),
        (1, "1 passed, 1 failed, 0 skipped"),
        (3, "1 passed, 1 failed, 0 skipped"),
    ],
)
def test_what_pytest_itself_says_counts_too(tmp_path: Path, status: int, outcome: str) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite><testcase name="a"/></testsuite></testsuites>')
    assert str(count(report, status)) == outcome
