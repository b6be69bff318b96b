"""The checks in the order in which they run: the cheapest that can fail comes first."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ops.checks import command, dashboards, generated, locks, own_tests, page, suite, weights
from ops.checks.environments import MAIN, OTHERS, Environment, selection
from ops.checks.outcome import Outcome, skipped
from ops.settings import REPOSITORY

SCRIPTS = (
    "ops/bootstrap.sh",
    "ops/up",
    "ops/test",
    "ops/check",
    "ops/generate",
    "ops/check-dashboards",
    "ops/check-cuda",
    "ops/check-images",
    "ops/secrets",
    "ops/images/environment.sh",
    "ops/images/system.sh",
    "ops/turn/start.sh",
    ".ci/run",
)
TESTS_PREFIX = "tests: "


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the report; `fast` ones are run by `ops/check` too.

    A step that takes one core runs beside a neighbour that takes one too.
    """

    name: str
    run: Callable[[], Outcome]
    fast: bool = True
    both_cores: bool = False


def steps(reports: Path, *, fast: bool) -> list[Step]:
    """Return the steps; the suites leave their records in the folder `reports`."""
    bin_ = Path(sys.executable).parent
    environments = [MAIN] if fast else [MAIN, *OTHERS]
    static = [
        Step("format", partial(command.run, [bin_ / "ruff", "format", "--check", "--quiet"])),
        Step("lint", partial(command.run, [bin_ / "ruff", "check", "--quiet"])),
        Step("imports", partial(command.run, [bin_ / "lint-imports"])),
        Step("generated", generated.check),
        Step("dashboards", dashboards.check),
        Step("locks", locks.check),
        Step("shell", _shell),
        Step("page", page.check),
        Step("types", partial(command.run, [bin_ / "mypy"])),
    ]
    suites = [_suite(environment, reports, fast=fast) for environment in environments]
    tested = [environment for environment in environments if selection(environment)]
    files = [suite.coverage_file(reports, environment) for environment in tested]
    covered = Step("own tests", partial(own_tests.check, files), fast=False, both_cores=True)
    models = Step("models", weights.bring, fast=False, both_cores=True)
    return [step for step in [*static, models, *suites, covered] if step.fast or not fast]


def _suite(environment: Environment, reports: Path, *, fast: bool) -> Step:
    both = environment.both_cores
    # The progress of two at a time would read as one.
    run = partial(suite.run, environment, reports, fast=fast, quiet=not both)
    return Step(f"{TESTS_PREFIX}{environment.name}", run, both_cores=both)


def _shell() -> Outcome:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        return skipped("shellcheck is not installed")
    found = [name for name in SCRIPTS if (REPOSITORY / name).exists()]
    return command.run([shellcheck, "--external-sources", *found, *_lock_scripts()])


def _lock_scripts() -> list[str]:
    folder = REPOSITORY / "ops/locks"
    return sorted(str(path.relative_to(REPOSITORY)) for path in folder.glob("*.sh"))
