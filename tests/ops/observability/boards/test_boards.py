"""The dashboards as described, beside what the code exports."""

from __future__ import annotations

from collections import Counter

import pytest
from prometheus_client import CollectorRegistry

from inference.asr.metrics import Metrics as AsrMetrics
from inference.llm.metrics import Metrics as LlmMetrics
from inference.tts.metrics import Metrics as TtsMetrics
from ops.observability import rules
from ops.observability.board import Board, Panel
from ops.observability.grafana_json import BOARDS
from ops.observability.metric_names import asked
from server.observability.gateway import Watch

PANELS = [(board, panel) for board in BOARDS for panel in board.panels]
GPU = {
    "antiphon_gpu_memory_used_bytes",
    "antiphon_gpu_memory_bytes",
    "antiphon_gpu_utilisation_ratio",
}


def exported() -> set[str]:
    """Return every metric of ours in the code; a card's are told only where there is one."""
    registry = CollectorRegistry()
    Watch.over(registry)
    for metrics in (AsrMetrics, LlmMetrics, TtsMetrics):
        metrics(registry)
    return {metric.name for metric in registry.collect()} | GPU


def shown() -> set[str]:
    queries = (query for _, panel in PANELS for query in panel.queries)
    return {name for query in queries for name in asked(query.promql)}


def test_what_is_shown_is_exported() -> None:
    assert shown() <= exported()


def test_what_is_exported_is_shown() -> None:
    assert exported() <= shown()


def test_what_alerts_judge_is_exported() -> None:
    assert {name for alert in rules.read() for name in asked(alert.expression)} <= exported()


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[panel.title for _, panel in PANELS])
def test_a_panel_says_what_it_shows_and_what_to_do(board: Board, panel: Panel) -> None:
    assert panel.queries
    for line in (panel.shows, panel.runbook):
        assert line.endswith((".", "!")) and "\n" not in line
    legends = Counter(query.legend for query in panel.queries)
    assert set(legends.values()) == {1} and "" not in legends


def test_titles_are_unique() -> None:
    titles = Counter(panel.title for _, panel in PANELS)
    assert set(titles.values()) == {1}


def test_runbooks_name_panels_that_exist() -> None:
    titles = {panel.title for _, panel in PANELS}
    named = {
        part for alert in rules.read() for part in alert.runbook.split('"')[1::2] if part != "..."
    }
    assert named and named <= titles
