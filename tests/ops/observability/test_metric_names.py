"""Which metrics are asked for, beside those that the code exports."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from inference.asr.metrics import Metrics as AsrMetrics
from inference.llm.metrics import Metrics as LlmMetrics
from inference.tts.metrics import Metrics as TtsMetrics
from ops.observability import rules
from ops.observability.grafana_json import BOARDS
from ops.observability.metric_names import asked
from server.observability.gateway import Watch

# Told only where there is a card.
GPU = {
    "antiphon_gpu_memory_used_bytes",
    "antiphon_gpu_memory_bytes",
    "antiphon_gpu_utilisation_ratio",
}


def exported() -> set[str]:
    """Return every metric of ours in the code."""
    registry = CollectorRegistry()
    Watch.over(registry)
    for metrics in (AsrMetrics, LlmMetrics, TtsMetrics):
        metrics(registry)
    return {metric.name for metric in registry.collect()} | GPU


def test_names_are_those_of_the_code() -> None:
    found = asked(
        'rate(antiphon_a_seconds_bucket{le="0.75"}[5m]) / antiphon_b_total + up '
        "+ antiphon_a_seconds_sum + antiphon_c"
    )
    assert found == {"antiphon_a_seconds", "antiphon_b", "antiphon_c"}


def test_what_is_shown_is_what_is_exported() -> None:
    queries = (query for board in BOARDS for panel in board.panels for query in panel.queries)
    assert {name for query in queries for name in asked(query.promql)} == exported()


def test_what_alerts_judge_is_exported() -> None:
    assert {name for alert in rules.read() for name in asked(alert.expression)} <= exported()
