"""Dashboards and alerts: Grafana's JSON is what is described, and Prometheus takes the rules."""

from __future__ import annotations

from ops.checks.outcome import Outcome, verdict
from ops.observability import grafana_json, promtool


def check() -> Outcome:
    """Compare what is committed with what is described; run promtool where it is."""
    return verdict(grafana_json.differences()) + promtool.check()
