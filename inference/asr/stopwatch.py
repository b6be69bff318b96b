"""What a whole call cost, for its timing trailers."""

from __future__ import annotations

from antiphon.timing import Timing


class Stopwatch:
    """Sums the timings of a call's decodes."""

    def __init__(self) -> None:
        self._total: Timing | None = None

    @property
    def total(self) -> Timing | None:
        """The call's timing, None where nothing was decoded."""
        return self._total

    def add(self, timing: Timing) -> None:
        """Count one decode; the first of them gave the call's first output."""
        before = self._total or Timing(first_output_ms=timing.queue_ms + timing.compute_ms)
        self._total = Timing(
            before.queue_ms + timing.queue_ms,
            before.compute_ms + timing.compute_ms,
            before.first_output_ms,
        )
