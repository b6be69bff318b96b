"""What the voice measures of itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, Histogram

from antiphon.observability.registry import BATCH_BUCKETS, BUCKETS_S, SHORT_BUCKETS_S
from antiphon.timing import Timing
from inference.tts.watch import UNWATCHED, Watch


class Metrics:
    """A `Watch` that measures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._first_audio = Histogram(
            "antiphon_tts_first_audio_seconds",
            "From a call's first clause being there to its first audio.",
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._queue = Histogram(
            "antiphon_tts_queue_seconds",
            "How long a piece of speech waited while others' were computed.",
            buckets=SHORT_BUCKETS_S,
            registry=registry,
        )
        self._batch = Histogram(
            "antiphon_tts_batch_size",
            "Calls whose speech was computed in one.",
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        self._waiting = Gauge(
            "antiphon_tts_waiting", "Calls that wait for the voice.", registry=registry
        )

    def waiting(self, count: Callable[[], int]) -> None:
        """See `Watch`."""
        self._waiting.set_function(count)

    def batch(self, calls: int) -> None:
        """See `Watch`."""
        self._batch.observe(calls)

    def waited(self, queue_ms: float) -> None:
        """See `Watch`."""
        self._queue.observe(queue_ms / 1000)

    def spoken(self, timing: Timing) -> None:
        """See `Watch`."""
        # A call that was cancelled before it had any has none.
        if timing.first_output_ms:
            self._first_audio.observe(timing.first_output_ms / 1000)


def watch_over(registry: CollectorRegistry | None) -> Watch:
    """Return who measures into `registry`, where there is one."""
    return UNWATCHED if registry is None else Metrics(registry)
