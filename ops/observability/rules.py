"""The alerts as they are written, and the value that each of them judges. Pure but for reading the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from antiphon.errors import Misconfigured
from ops.settings import REPOSITORY

FOLDER = REPOSITORY / "ops/observability"
ALERTS = FOLDER / "alerts.yml"
# A comparison with a number, as it ends each expression.
THRESHOLD = re.compile(r"\s*(?:==|!=|>=|<=|>|<)\s*[\d.]+\s*$")
SEVERITIES = ("critical", "warning")
NEEDED = ("summary", "runbook")


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule; `value` is its expression without the threshold: it has an answer while all is well."""

    name: str
    expression: str
    severity: str
    summary: str
    runbook: str

    @property
    def value(self) -> str:
        """What the rule compares."""
        return " ".join(THRESHOLD.sub("", self.expression).split())

    @property
    def gpu(self) -> bool:
        """Whether there is nothing to judge where there is no GPU."""
        return "antiphon_gpu_" in self.expression


def read(path: Path = ALERTS) -> list[Alert]:
    """Return the alerts; raise `Misconfigured` where one does not say what it must."""
    groups = yaml.safe_load(path.read_text("utf-8"))["groups"]
    return [_alert(rule, path) for group in groups for rule in group["rules"]]


def _alert(rule: dict[str, Any], path: Path) -> Alert:
    problems = list(_problems(rule))
    if problems:
        raise Misconfigured(f"{path.name}: {rule.get('alert', '?')}: {'; '.join(problems)}")
    notes = rule["annotations"]
    severity = rule["labels"]["severity"]
    return Alert(rule["alert"], rule["expr"], severity, notes["summary"], notes["runbook"])


def _problems(rule: dict[str, Any]) -> Iterator[str]:
    if not THRESHOLD.search(rule.get("expr", "")):
        yield "its expression does not end in a comparison with a number"
    if rule.get("labels", {}).get("severity") not in SEVERITIES:
        yield f"its severity is not one of: {', '.join(SEVERITIES)}"
    notes = rule.get("annotations", {})
    for name in NEEDED:
        note = notes.get(name, "").strip()
        if not note or "\n" in note:
            yield f"it has no {name} of one line"
