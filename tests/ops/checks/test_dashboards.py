from __future__ import annotations

import pytest

from ops.checks import dashboards
from ops.checks.outcome import failed, passed, skipped
from ops.observability import grafana_json, promtool


def test_both_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grafana_json, "differences", list)
    monkeypatch.setattr(promtool, "check", lambda: skipped("no promtool"))
    assert dashboards.check() == passed() + skipped("no promtool")
    monkeypatch.setattr(grafana_json, "differences", lambda: ["a.json is not current"])
    monkeypatch.setattr(promtool, "check", lambda: failed("no rule"))
    outcome = dashboards.check()
    assert (outcome.failed, outcome.output) == (2, "a.json is not currentno rule")
