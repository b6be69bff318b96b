"""The span of a call that this process serves, where its caller is traced."""

from __future__ import annotations

from collections.abc import Iterable
from time import time_ns

from antiphon.observability.spans import Attribute, Span, Spans, of
from antiphon.timing import Timing


class Served:
    """Begins as it is made; without `spans`, or a caller that is traced, nothing is recorded."""

    def __init__(
        self, spans: Spans | None, name: str, metadata: Iterable[tuple[str, str | bytes]] | None
    ) -> None:
        self._spans = spans
        self._name = name
        self._parent = of(metadata) if spans is not None else None
        self._begin_ns = time_ns()

    def end(self, timing: Timing | None, **attributes: Attribute) -> None:
        """Record what the call took, as far as its `timing` is known."""
        if self._spans is None or self._parent is None:
            return
        known = {} if timing is None else durations(timing)
        self._spans.record(
            Span(
                self._name,
                self._parent.child(),
                self._parent.span_id,
                self._begin_ns,
                time_ns(),
                serves=True,
                attributes={**known, **attributes},
            )
        )


def durations(timing: Timing) -> dict[str, Attribute]:
    """Return `timing` as attributes of a span."""
    return {
        "antiphon.queue_ms": round(timing.queue_ms, 3),
        "antiphon.compute_ms": round(timing.compute_ms, 3),
        "antiphon.first_output_ms": round(timing.first_output_ms, 3),
    }
