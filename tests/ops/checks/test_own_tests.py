from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import coverage
import pytest

from ops.checks import own_tests
from ops.checks.outcome import passed
from ops.checks.own_tests import check, fault_of, modules, places, together

MODULE = """\
def one():
    return 1


def two():
    x = 2
    y = 3
    return x + y
"""


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("inference/asr/vad.py", ["tests/inference/asr/test_vad.py"]),
        ("proto/antiphon/errors.py", ["tests/proto/test_errors.py"]),
        ("server/__main__.py", ["tests/server/test_main.py"]),
        (
            "inference/tts/normalise/__init__.py",
            [
                "tests/inference/tts/normalise/test_normalise.py",
                "tests/inference/tts/test_normalise.py",
            ],
        ),
    ],
)
def test_each_module_has_its_own_test_file(module: str, tests: list[str]) -> None:
    assert places(module) == tests


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(own_tests, "REPOSITORY", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/number.py").write_text(MODULE)
    (tmp_path / "tests/models").mkdir(parents=True)
    yield tmp_path
    sys.modules.pop("number", None)


def recorded(repository: Path, runs: dict[str, list[str]], imported_by: str = "") -> Path:
    """Run functions of the module, each under the name of a test."""
    file = repository / "coverage.main"
    monkeypath = str(repository / "models")
    sys.path.insert(0, monkeypath)
    measuring = coverage.Coverage(
        data_file=str(file), include=[f"{monkeypath}/*"], config_file=False
    )
    measuring.start()
    measuring.switch_context(imported_by)
    module = import_module("number")
    for test, functions in runs.items():
        measuring.switch_context(test)
        for name in functions:
            getattr(module, name)()
    measuring.stop()
    measuring.save()
    sys.path.remove(monkeypath)
    return file


OWN = "tests/models/test_number.py"


def own_test_file(repository: Path) -> None:
    (repository / OWN).touch()


def test_a_module_that_its_own_tests_run_passes(repository: Path) -> None:
    own_test_file(repository)
    file = recorded(repository, {f"{OWN}::test_it|run": ["one", "two"]})
    assert check([file]) == passed()


def test_what_other_tests_run_does_not_count(repository: Path) -> None:
    own_test_file(repository)
    file = recorded(repository, {f"{OWN}::test_it|run": ["one"], "tests/test_x.py::y|run": ["two"]})
    assert check([file]).output == f"models/number.py: 50% covered by {OWN}, not run: 6-8"


def test_what_two_suites_ran_is_put_together(repository: Path) -> None:
    own_test_file(repository)
    halves = []
    for name in ("one", "two"):
        file = recorded(repository, {f"{OWN}::test_{name}|run": [name]})
        halves.append(file.rename(repository / f"coverage.{name}"))
        sys.modules.pop("number")
    assert check(halves) == passed()


def test_lines_that_are_apart_are_told_apart(repository: Path) -> None:
    own_test_file(repository)
    file = recorded(repository, {})
    assert fault_of("models/number.py", together([file])).endswith("not run: 2, 6-8")


def test_whoever_imports_it_first_runs_its_own_lines(repository: Path) -> None:
    own_test_file(repository)
    file = recorded(
        repository, {f"{OWN}::test_it|run": ["one", "two"]}, imported_by="tests/x.py::y"
    )
    assert check([file]) == passed()


def test_a_suite_that_broke_down_is_told_instead_of_every_module(repository: Path) -> None:
    outcome = check([repository / "coverage.main"])
    assert outcome.output == "no coverage.main: the suite did not run to its end"
    assert outcome.failed == 1


def test_a_module_that_nobody_imports_is_told(repository: Path) -> None:
    own_test_file(repository)
    assert check([]).output == f"models/number.py: 0% covered by {OWN}, not run: 1-2, 5-8"


def test_a_module_without_tests_of_its_own_is_told(repository: Path) -> None:
    assert check([]).output == f"models/number.py: has no test file {OWN}"


def test_a_docstring_needs_no_test(repository: Path) -> None:
    (repository / "models/number.py").unlink()
    (repository / "models/__init__.py").write_text('"""Numbers."""\n')
    (repository / "models/number_pb2.py").write_text("x = 1\n")
    assert modules() == ["models/__init__.py"]
    assert check([]) == passed()
