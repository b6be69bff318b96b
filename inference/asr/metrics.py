"""What speech recognition measures of itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Gauge, Histogram

from antiphon.observability.registry import BATCH_BUCKETS, BUCKETS_S, SHORT_BUCKETS_S
from inference.asr.job import Job, Urgency
from inference.asr.watch import UNWATCHED, Watch


class Kind(StrEnum):
    """What is decoded: for whoever waits for an answer, while somebody speaks, or ahead of real time."""

    FINAL = "final"
    PARTIAL = "partial"
    BULK = "bulk"


class Metrics:
    """A `Watch` that measures. Every series is there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._queue = Histogram(
            "antiphon_asr_queue_seconds",
            "How long a piece of speech waited for the engine.",
            buckets=SHORT_BUCKETS_S,
            registry=registry,
        )
        self._decode = Histogram(
            "antiphon_asr_decode_seconds",
            "How long the engine took for a piece, with those decoded in one with it.",
            ["urgency"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._batch = Histogram(
            "antiphon_asr_batch_size",
            "Pieces decoded in one.",
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        self._waiting = Gauge(
            "antiphon_asr_waiting", "Pieces that wait for the engine.", registry=registry
        )
        for kind in Kind:
            self._decode.labels(kind)

    def waiting(self, count: Callable[[], int]) -> None:
        """See `Watch`."""
        self._waiting.set_function(count)

    def batch(self, pieces: int) -> None:
        """See `Watch`."""
        self._batch.observe(pieces)

    def decoded(self, job: Job, queue_s: float, decode_s: float) -> None:
        """See `Watch`."""
        self._queue.observe(queue_s)
        self._decode.labels(_kind(job)).observe(decode_s)


def watch_over(registry: CollectorRegistry | None) -> Watch:
    """Return who measures into `registry`, where there is one."""
    return UNWATCHED if registry is None else Metrics(registry)


def _kind(job: Job) -> Kind:
    if job.bulk:
        return Kind.BULK
    return Kind.FINAL if job.urgency is Urgency.FINAL else Kind.PARTIAL
