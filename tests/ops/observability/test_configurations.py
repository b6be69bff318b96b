"""The files that Prometheus, Grafana and the collector read, beside what they have to agree with."""

from __future__ import annotations

from typing import Any

import yaml

from ops.observability.grafana_json import FOLDER as DASHBOARDS
from ops.observability.grafana_json import SOURCE, WINDOWS
from ops.observability.rules import FOLDER
from ops.observability.stage import targets


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def test_prometheus_reads_every_process_of_the_compose_file() -> None:
    found = read("prometheus.yml")
    assert {job["job_name"]: job["static_configs"] for job in found["scrape_configs"]} == {
        name: [{"targets": [f"{name}:9464"]}] for name in targets(1)
    }
    assert all((FOLDER / name).is_file() for name in found["rule_files"])


def test_the_shortest_window_holds_reads_enough() -> None:
    interval = read("prometheus.yml")["global"]["scrape_interval"]
    assert WINDOWS[0] == "1m"
    assert int(interval.removesuffix("s")) * 4 <= 60


def test_grafana_finds_its_source_and_its_dashboards() -> None:
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert {"type": source["type"], "uid": source["uid"]} == SOURCE
    interval = read("prometheus.yml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval
    (provider,) = read("grafana/provisioning/dashboards/antiphon.yml")["providers"]
    assert provider["options"]["path"] == f"/etc/grafana/{DASHBOARDS.name}"


def test_the_collector_takes_traces_and_lets_nothing_out() -> None:
    found = read("otel-collector.yml")
    assert found["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].endswith(":4317")
    assert list(found["exporters"]) == ["file"]
    (pipeline,) = found["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        assert sorted(pipeline[kind]) == sorted(found[kind])
    assert found["service"]["telemetry"]["metrics"]["level"] == "none"
