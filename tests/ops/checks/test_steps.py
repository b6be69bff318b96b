from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ops.checks import command, own_tests, steps, suite, weights
from ops.checks.outcome import Outcome, passed
from ops.checks.steps import SCRIPTS
from ops.settings import REPOSITORY


def test_the_cheapest_comes_first(tmp_path: Path) -> None:
    names = [step.name for step in steps.steps(tmp_path, fast=False)]
    assert names[0] == "format"
    assert names[-6] == "models"
    suites = [f"tests: {name}" for name in ("main", "end_to_end", "tts", "vllm")]
    assert names[-5:] == [*suites, "own tests"]


def test_fast_is_main_alone_and_without_coverage(tmp_path: Path) -> None:
    names = [step.name for step in steps.steps(tmp_path, fast=True)]
    assert [name for name in names if name.startswith("tests")] == ["tests: main"]
    assert not {"models", "own tests"} & set(names)
    assert "types" in names


def test_every_step_can_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def note(name: object, *_: object, **__: object) -> Outcome:
        ran.append(str(name))
        return passed()

    monkeypatch.setattr(command, "run", note)
    monkeypatch.setattr(suite, "run", note)
    monkeypatch.setattr(own_tests, "check", note)
    monkeypatch.setattr(weights, "bring", lambda: note("models"))
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/shellcheck")
    for step in steps.steps(tmp_path, fast=False):
        if step.name not in ("dashboards", "generated", "locks", "page"):
            step.run()
    assert len(ran) == 11
    assert any("--external-sources" in name and "ops/up" in name for name in ran)


def test_without_shellcheck_scripts_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert steps._shell().reasons == {"shellcheck is not installed": 1}


def test_every_script_is_there() -> None:
    assert all((REPOSITORY / name).exists() for name in SCRIPTS)
