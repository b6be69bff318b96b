"""A check that is another program: it passes with exit status 0."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.checks.outcome import Outcome, failed, passed
from ops.settings import REPOSITORY

# The longest, mypy on a cold cache, takes two minutes on a busy core.
LIMIT_S = 900.0


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str] | None = None,
    limit_s: float = LIMIT_S,
) -> Outcome:
    """Run a program in the repository; what it printed is told if it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=REPOSITORY,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except FileNotFoundError as error:
        return failed(f"there is no {error.filename}")
    except subprocess.TimeoutExpired:
        return failed(f"{command[0]} did not end within {limit_s:.0f} s")
    return failed(done.stdout) if done.returncode else passed()
