from __future__ import annotations

import sys

from ops.checks.command import run
from ops.checks.outcome import failed, passed


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_status_0_passes_and_says_nothing() -> None:
    assert run(python("print('all well')")) == passed()


def test_any_other_fails_with_what_was_printed() -> None:
    script = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    assert run(python(script)) == failed("out\nerr\n")


def test_a_program_that_is_not_there_fails() -> None:
    assert run(["/no/such/program"]) == failed("there is no /no/such/program")


def test_a_program_that_hangs_fails() -> None:
    hang = run(python("import time; time.sleep(600)"), limit_s=0.3)
    assert hang == failed(f"{sys.executable} did not end within 0 s")


def test_it_runs_in_the_repository_with_the_environment_given() -> None:
    script = (
        "import os, sys; sys.exit(os.environ['A'] != 'b' or not os.path.exists('pyproject.toml'))"
    )
    assert run(python(script), environ={"A": "b"}) == passed()
