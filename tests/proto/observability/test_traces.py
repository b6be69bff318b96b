"""The exporter's thread, over a made-up collector, and the library's over a real socket."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry

from antiphon.observability import traces
from antiphon.observability.spans import Span, TraceContext
from antiphon.observability.traces import Exporter, exporting
from tests.end_to_end.collector import collecting
from tests.proto.observability.test_scrapes import free_address

PATIENCE_S = 30.0


def _span(number: int = 1) -> Span:
    return Span(f"s{number}", TraceContext(5, number), 4, 10, 20, attributes={"a": 1})


class FakeCollector:
    """Takes what it is sent while `takes`; `go_on` holds it up."""

    def __init__(self) -> None:
        self.takes = True
        self.batches: list[list[ReadableSpan]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.busy = threading.Event()
        self.given_up = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.busy.set()
        self.go_on.wait(PATIENCE_S)
        if self.takes:
            self.batches.append(list(spans))
            return SpanExportResult.SUCCESS
        return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self.given_up = True


@contextmanager
def _running(collector: FakeCollector, registry: CollectorRegistry) -> Iterator[Exporter]:
    exporter = Exporter(collector, "http://c:4317", "asr", registry)
    thread = threading.Thread(target=exporter.run, daemon=True)
    thread.start()
    try:
        yield exporter
    finally:
        collector.go_on.set()
        exporter.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def _fate(registry: CollectorRegistry, fate: str) -> float | None:
    return registry.get_sample_value("antiphon_spans_total", {"fate": fate})


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_spans_that_come_together_go_together(registry: CollectorRegistry) -> None:
    collector = FakeCollector()
    with _running(collector, registry) as exporter:
        for number in (1, 2, 3):
            exporter.record(_span(number))
    [batch] = collector.batches
    assert [each.name for each in batch] == ["s1", "s2", "s3"]
    first = batch[0]
    assert first.context is not None and first.parent is not None
    assert (first.context.trace_id, first.context.span_id, first.parent.span_id) == (5, 1, 4)
    assert (first.start_time, first.end_time, first.kind) == (10, 20, SpanKind.INTERNAL)
    assert first.resource.attributes["service.name"] == "asr"
    assert _fate(registry, "sent") == 3


def test_a_full_queue_loses_spans_and_counts_them(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "MAX_WAITING", 4)
    monkeypatch.setattr(traces, "GATHER_S", 0.01)
    collector = FakeCollector()
    collector.go_on.clear()
    with _running(collector, registry) as exporter:
        exporter.record(_span())
        assert collector.busy.wait(PATIENCE_S)
        for number in range(10):
            exporter.record(_span(number + 1))
        assert _fate(registry, "dropped") == 6
        collector.go_on.set()
    assert _fate(registry, "sent") == 5


def test_a_collector_that_is_away_costs_one_line_and_its_return_another(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, traces.log.name)
    monkeypatch.setattr(traces, "MAX_BATCH", 1)
    collector = FakeCollector()
    collector.takes = False
    exporter = Exporter(collector, "http://c:4317", "asr", registry)
    for number in (1, 2, 3):
        exporter.record(_span(number))
    exporter.stop()
    exporter.run()
    assert _fate(registry, "dropped") == 3
    [told] = caplog.records
    assert "the collector at http://c:4317 takes no spans" in told.message
    collector.takes = True
    exporter.record(_span())
    exporter.run()
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO"]


def test_a_queue_that_is_full_at_the_end_is_sent_all_the_same(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "MAX_WAITING", 1)
    collector = FakeCollector()
    exporter = Exporter(collector, "http://c:4317", "asr", registry)
    exporter.record(_span())
    exporter.stop()
    exporter.run()
    assert len(collector.batches) == 1


def test_a_collector_gets_what_was_recorded_by_the_end_of_the_block() -> None:
    with collecting() as (endpoint, collected):
        with exporting(endpoint, "tts", None) as exporter:
            exporter.record(Span("x", TraceContext(5, 6), None, 10, 20, serves=True))
        [kept] = collected.spans
    assert (kept.service, kept.span.name) == ("tts", "x")
    assert kept.span.trace_id == (5).to_bytes(16)
    assert not kept.span.parent_span_id
    assert kept.span.kind == kept.span.SPAN_KIND_SERVER


def test_a_collector_that_is_not_there_holds_nothing_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "FAREWELL_S", 0.1)
    with exporting(f"http://{free_address()}", "tts", None) as exporter:
        exporter.record(_span())
    assert all(record.name == traces.log.name for record in caplog.records)
