"""Sends spans to an OTLP collector from a thread of its own; where it does not take them, they are lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, Full, Queue
from threading import Thread
from typing import Protocol

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from prometheus_client import CollectorRegistry, Counter

from antiphon.observability.spans import Span

log = logging.getLogger(__name__)

# A turn has some ten spans: 200 turns, in 2 MB. A collector that restarts is back sooner.
MAX_WAITING = 2048
MAX_BATCH = 256
# How long a first span waits for others, so that a turn goes in one message.
GATHER_S = 0.5
# Of a collector that takes nothing; meanwhile spans wait, and then are lost.
EXPORT_S = 5.0
# At the end of the process, for what still waits.
FAREWELL_S = 2.0
SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class Collector(Protocol):
    """Where batches go."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send `spans`; return whether they were taken."""
        ...

    def shutdown(self) -> None:
        """Give up what is being sent."""
        ...


class Exporter:
    """A `Spans` over a bounded queue. `run` is its thread's."""

    def __init__(
        self, collector: Collector, place: str, service: str, registry: CollectorRegistry | None
    ) -> None:
        self._collector = collector
        self._place = place
        self._resource = Resource.create({"service.name": service, "service.namespace": "antiphon"})
        self._waiting: Queue[Span | None] = Queue(MAX_WAITING)
        self._reachable = True
        self._stopped = False
        self._fates = Counter(
            "antiphon_spans",
            "Spans of traces, by whether a collector took them.",
            ["fate"],
            registry=registry,
        )
        self._sent, self._lost = self._fates.labels("sent"), self._fates.labels("dropped")

    def record(self, span: Span) -> None:
        """See `Spans`: one that finds the queue full is counted, and lost."""
        try:
            self._waiting.put_nowait(span)
        except Full:
            self._lost.inc()

    def stop(self) -> None:
        """Have the thread end once it has sent what waits."""
        self._stopped = True
        with suppress(Full):  # a thread that has so much to send sees it by itself
            self._waiting.put_nowait(None)

    def run(self) -> None:
        """Send what is recorded, until told to stop."""
        while not self._stopped or not self._waiting.empty():
            if batch := self._next():
                self._send(batch)

    def _next(self) -> list[Span]:
        batch: list[Span] = []
        span = self._waiting.get()
        with suppress(Empty):
            while span is not None:
                batch.append(span)
                if len(batch) == MAX_BATCH:
                    break
                span = self._waiting.get(timeout=GATHER_S)
        return batch

    def _send(self, batch: Sequence[Span]) -> None:
        taken = self._collector.export([self._readable(span) for span in batch])
        reachable = taken is SpanExportResult.SUCCESS
        (self._sent if reachable else self._lost).inc(len(batch))
        if reachable is self._reachable:
            return
        self._reachable = reachable
        if reachable:
            log.info("the collector at %s takes spans again", self._place)
        else:
            log.warning(
                "[observability] traces_endpoint: the collector at %s takes no spans; until it does they are "
                "dropped, and callers notice nothing",
                self._place,
            )

    def _readable(self, span: Span) -> ReadableSpan:
        trace_id, parent = span.context.trace_id, span.parent_id
        return ReadableSpan(
            name=span.name,
            context=SpanContext(trace_id, span.context.span_id, False, SAMPLED),
            parent=None if parent is None else SpanContext(trace_id, parent, True, SAMPLED),
            resource=self._resource,
            attributes=span.attributes,
            kind=SpanKind.SERVER if span.serves else SpanKind.INTERNAL,
            start_time=span.begin_ns,
            end_time=span.end_ns,
        )


@contextmanager
def exporting(
    endpoint: str, service: str, registry: CollectorRegistry | None
) -> Iterator[Exporter]:
    """Send what is recorded to `endpoint`, http://HOST:PORT, for the length of the block."""
    # Its own lines, one for each try, say no more than ours.
    logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter").disabled = True
    collector = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_S)
    exporter = Exporter(collector, endpoint, service, registry)
    thread = Thread(target=exporter.run, name="traces", daemon=True)
    thread.start()
    log.info("traces to %s", endpoint)
    try:
        yield exporter
    finally:
        exporter.stop()
        thread.join(FAREWELL_S)
        collector.shutdown()
