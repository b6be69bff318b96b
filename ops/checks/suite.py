"""The tests of one environment, run by its own interpreter, counted from pytest's JUnit report."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from ops.checks.environments import Environment, selection
from ops.checks.outcome import Outcome, failed
from ops.settings import REPOSITORY

# The whole budget; a suite that takes it all hangs.
LIMIT_S = 1500.0
# Whatever needs weights, seconds or a card.
FAST = "not slow and not model and not gpu"


def coverage_file(folder: Path, environment: Environment) -> Path:
    """Return where a suite leaves which test ran which line."""
    return folder / f"coverage.{environment.name}"


def run(environment: Environment, folder: Path, *, fast: bool, quiet: bool = False) -> Outcome:
    """Run the suite; reports go into `folder`.

    What pytest prints goes straight to the terminal; of a `quiet` run it is told if something fails.
    """
    if not environment.python.exists():
        return failed(f"there is no {environment.python}: `ops/test` makes it")
    chosen = selection(environment)
    if not chosen:
        return Outcome()
    report = folder / f"{environment.name}.xml"
    try:
        done = subprocess.run(
            [*_command(environment, report, fast=fast), *chosen],
            cwd=REPOSITORY,
            env={**os.environ, "COVERAGE_FILE": str(coverage_file(folder, environment))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        # What there was is bytes, whatever was asked for.
        printed = (error.stdout or b"").decode(errors="replace")
        return failed(f"{printed}the tests did not end within {LIMIT_S:.0f} s")
    outcome = count(report, done.returncode)
    return outcome + Outcome(output=done.stdout) if quiet and outcome.failed else outcome


def _command(environment: Environment, report: Path, *, fast: bool) -> list[str]:
    shared = ("-n", str(environment.processes), "--dist", "loadfile")
    return [
        str(environment.python),
        *("-m", "pytest", "-q", "--no-header", "--tb=short"),
        *(shared if environment.processes > 1 else ()),
        *("-o", "junit_family=xunit2", f"--junitxml={report}"),
        *(("-m", FAST) if fast else ("--cov", "--cov-context=test", "--cov-report=")),
    ]


def count(report: Path, status: int) -> Outcome:
    """Return what a JUnit report counts; a run that broke down failed, whatever it counted before."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (FileNotFoundError, ElementTree.ParseError):
        return failed(f"pytest ended with status {status} and left no report")
    bad = [case for case in cases if _has(case, "failure", "error")]
    skipped = [found for case in cases if (found := case.find("skipped")) is not None]
    good = [case for case in cases if not _has(case, "failure", "error", "skipped")]
    outcome = Outcome(
        len(good), len(bad), len(skipped), Counter(one.get("message", "") for one in skipped)
    )
    # 1: tests failed, and are counted. 5: none were chosen. Else pytest itself failed.
    if status not in (0, 1, 5) or (status == 1 and not bad):
        return outcome + failed(f"pytest ended with status {status}")
    return outcome


def _has(case: ElementTree.Element, *kinds: str) -> bool:
    return any(case.find(kind) is not None for kind in kinds)
