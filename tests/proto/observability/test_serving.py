from __future__ import annotations

from antiphon.observability.serving import Served
from antiphon.observability.spans import Span, TraceContext
from antiphon.timing import Timing

CALLER = TraceContext(7, 9)


class Kept(list[Span]):
    """Spans."""

    def record(self, span: Span) -> None:
        """Keep it."""
        self.append(span)


def test_a_call_of_a_traced_caller_is_a_span_below_the_callers() -> None:
    kept = Kept()
    served = Served(kept, "llm.generate", CALLER.metadata)
    served.end(Timing(1.23456, 2, 3), **{"antiphon.complete": True})
    [span] = kept
    assert (span.name, span.context.trace_id, span.parent_id) == ("llm.generate", 7, 9)
    assert span.context.span_id not in (0, 9)
    assert span.serves
    assert span.end_ns >= span.begin_ns
    assert span.attributes == {
        "antiphon.queue_ms": 1.235,
        "antiphon.compute_ms": 2,
        "antiphon.first_output_ms": 3,
        "antiphon.complete": True,
    }


def test_a_call_without_a_timing_is_one_too() -> None:
    kept = Kept()
    Served(kept, "llm.generate", CALLER.metadata).end(None)
    assert kept[0].attributes == {}


def test_nothing_is_recorded_of_a_caller_who_is_not_traced() -> None:
    kept = Kept()
    Served(kept, "llm.generate", ()).end(Timing())
    Served(kept, "llm.generate", None).end(Timing())
    Served(None, "llm.generate", CALLER.metadata).end(Timing())
    assert not kept
