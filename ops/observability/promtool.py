"""Prometheus's own checks of the configuration, the alerts, and their unit tests."""

from __future__ import annotations

import shutil

from ops.checks import command
from ops.checks.outcome import Outcome, skipped
from ops.observability.rules import FOLDER

CHECKS = (
    ("check", "config", "prometheus.yml"),
    ("check", "rules", "alerts.yml"),
    ("test", "rules", "alerts.test.yml"),
)
LIMIT_S = 60.0


def check() -> Outcome:
    """Return what promtool says; skipped where it is not."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return skipped("promtool is not installed (Debian's package prometheus)")
    outcomes = (
        command.run([promtool, *what, FOLDER / name], limit_s=LIMIT_S) for *what, name in CHECKS
    )
    return sum(outcomes, start=Outcome())
