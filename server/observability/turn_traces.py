"""One trace a turn: a span for the whole, one for each hop, and what the engines add as they are called."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from antiphon.observability.logs import SESSION
from antiphon.observability.spans import (
    Attribute,
    Span,
    Spans,
    TraceContext,
    new_trace,
    wall_ns,
)
from server.conversation.hops import hops
from server.conversation.observer import Interruption, Observer, Told
from server.engines.failure import Engine, EngineFailure


class TurnTraces:
    """An `Observer` that records spans, and tells everything on to another."""

    def __init__(self, spans: Spans, onward: Observer) -> None:
        self._spans = spans
        self._onward = onward

    def begun(self) -> TraceContext | None:
        """See `Observer`."""
        return new_trace()

    def told(self, turn: Told) -> None:
        """See `Observer`."""
        self._onward.told(turn)
        if turn.trace is None or not turn.marks:
            return
        now_s = asyncio.get_running_loop().time()
        begin_s = min(turn.marks.values())
        about = {
            "session.id": SESSION.get(),
            "antiphon.response_id": turn.response_id,
            "antiphon.outcome": str(turn.ending),
        }
        self._record("turn", turn.trace, None, (begin_s, now_s), now_s, about)
        for hop, lasted in hops(turn.marks).items():
            self._record(f"hop.{hop}", turn.trace.child(), turn.trace.span_id, lasted, now_s, {})

    def speculated(self, *, used: bool) -> None:
        """See `Observer`."""
        self._onward.speculated(used=used)

    def interrupted(self, how: Interruption) -> None:
        """See `Observer`."""
        self._onward.interrupted(how)

    def engine_failed(self, failure: EngineFailure) -> None:
        """See `Observer`."""
        self._onward.engine_failed(failure)

    def retried(self, engine: Engine) -> None:
        """See `Observer`."""
        self._onward.retried(engine)

    def apologised(self) -> None:
        """See `Observer`."""
        self._onward.apologised()

    def _record(
        self,
        name: str,
        context: TraceContext,
        parent_id: int | None,
        lasted: tuple[float, float],
        now_s: float,
        about: Mapping[str, Attribute],
    ) -> None:
        begin_s, end_s = lasted
        span = Span(
            name,
            context,
            parent_id,
            wall_ns(begin_s, now_s),
            wall_ns(end_s, now_s),
            attributes=about,
        )
        self._spans.record(span)
