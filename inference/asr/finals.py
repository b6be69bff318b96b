"""The span of an utterance's end: a stream outlives turns, each of which is told with its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from antiphon.observability.serving import Served
from antiphon.observability.spans import TRACEPARENT, Spans
from antiphon.timing import Timing
from antiphon.v1.recognizer_pb2 import Final, RecognizeResponse

# Utterances that a client ends are answered one after another; it waits for one, or two.
MAX_ASKED = 16


class Finals:
    """Passes a stream's events on to `send`; each final ends the span of what asked for it."""

    def __init__(
        self, spans: Spans | None, send: Callable[[RecognizeResponse], Awaitable[None]]
    ) -> None:
        self._spans = spans
        self._send = send
        self._asked: deque[Served] = deque(maxlen=MAX_ASKED)

    def asked(self, traceparent: str) -> None:
        """Note that the client ends its utterance, as part of that trace."""
        self._asked.append(Served(self._spans, "asr.final", [(TRACEPARENT, traceparent)]))

    async def emit(self, event: RecognizeResponse) -> None:
        """Send `event`."""
        if event.HasField("final") and self._asked:
            self._asked.popleft().end(_timing(event.final))
        await self._send(event)


def _timing(final: Final) -> Timing:
    told = final.timing
    return Timing(told.queue_ms, told.compute_ms, told.first_output_ms)
