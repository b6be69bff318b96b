from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.observability import rules
from ops.plan.plan import MIB, RESERVE_MIB

ALERT = """
groups:
  - name: a
    rules:
      - alert: Late
        expr: |
          sum(rate(x{le="0.75"}[5m]))
            > 0.75
        labels: {severity: warning}
        annotations: {summary: it is late, runbook: hurry}
"""


def read(tmp_path: Path, text: str) -> list[rules.Alert]:
    path = tmp_path / "alerts.yml"
    path.write_text(text)
    return rules.read(path)


def test_an_alert_is_read(tmp_path: Path) -> None:
    (alert,) = read(tmp_path, ALERT)
    assert (alert.name, alert.severity) == ("Late", "warning")
    assert alert.value == 'sum(rate(x{le="0.75"}[5m]))'
    assert not alert.gpu


@pytest.mark.parametrize("comparison", ["< 1", "== 0", "!= 2", ">= 1.5", "<= 67108864", "> 1"])
def test_a_value_is_what_is_compared(tmp_path: Path, comparison: str) -> None:
    (alert,) = read(tmp_path, ALERT.replace("> 0.75", comparison).replace("x{", "antiphon_gpu_x{"))
    assert alert.value == 'sum(rate(antiphon_gpu_x{le="0.75"}[5m]))'
    assert alert.gpu


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("            > 0.75\n", "", "does not end in a comparison"),
        ("warning", "worrying", "severity is not one of: critical, warning"),
        (", runbook: hurry", "", "no runbook of one line"),
        ("it is late", '"late\\nvery"', "no summary of one line"),
    ],
)
def test_an_alert_that_lacks_something_is_refused(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    assert before in ALERT
    with pytest.raises(Misconfigured, match=f"Late: .*{problem}"):
        read(tmp_path, ALERT.replace(before, after))


def test_ours_are_whole() -> None:
    alerts = rules.read()
    names = [alert.name for alert in alerts]
    assert len(set(names)) == len(names) > 0
    assert {alert.severity for alert in alerts} == {"critical", "warning"}


def test_a_card_that_is_filled_as_planned_is_not_full() -> None:
    (alert,) = (alert for alert in rules.read() if alert.name == "GpuMemoryFull")
    comparison, least_bytes = alert.expression.split()[-2:]
    assert comparison == "<"
    assert int(least_bytes) < RESERVE_MIB * MIB
