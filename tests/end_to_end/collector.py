"""An OTLP collector that keeps what it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Kept:
    """A span and the process that it came from."""

    service: str
    span: Span

    @property
    def attributes(self) -> dict[str, str]:
        """All attributes, as text."""
        return {each.key: str(each.value) for each in self.span.attributes}


@dataclass
class Collected(TraceServiceServicer):
    """Every span so far, in the order of arrival."""

    spans: list[Kept] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def Export(self, request: pb.ExportTraceServiceRequest, context: Any) -> Any:
        """Keep what a process sends."""
        self.raw.append(request.SerializeToString())
        for one in request.resource_spans:
            names = {each.key: each.value.string_value for each in one.resource.attributes}
            for scope in one.scope_spans:
                self.spans += [Kept(names["service.name"], span) for span in scope.spans]
        return pb.ExportTraceServiceResponse()

    def traces(self) -> dict[bytes, list[Kept]]:
        """Return the spans by their trace."""
        found: dict[bytes, list[Kept]] = {}
        for kept in self.spans:
            found.setdefault(kept.span.trace_id, []).append(kept)
        return found


@contextmanager
def collecting() -> Iterator[tuple[str, Collected]]:
    """Collect at the endpoint that is yielded, for the length of the block."""
    collected = Collected()
    server = grpc.server(ThreadPoolExecutor(2))
    add_TraceServiceServicer_to_server(collected, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", collected
    finally:
        server.stop(None).wait()
