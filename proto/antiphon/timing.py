"""Durations of work, as they travel in gRPC trailers and messages.

Only durations cross a process border, never timestamps: two processes share no clock that is worth trusting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

QUEUE_TRAILER = "antiphon-queue-ms"
COMPUTE_TRAILER = "antiphon-compute-ms"
FIRST_OUTPUT_TRAILER = "antiphon-first-output-ms"

Trailers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one piece of work waited, ran, and took to its first output, in ms."""

    queue_ms: float = 0.0
    compute_ms: float = 0.0
    first_output_ms: float = 0.0

    def trailers(self) -> Trailers:
        """Return the three trailers of the contract."""
        return (
            (QUEUE_TRAILER, f"{self.queue_ms:.3f}"),
            (COMPUTE_TRAILER, f"{self.compute_ms:.3f}"),
            (FIRST_OUTPUT_TRAILER, f"{self.first_output_ms:.3f}"),
        )


def from_trailers(trailers: Iterable[tuple[str, str | bytes]] | None) -> Timing | None:
    """Return the timing that a finished call reported, or None where it reported none."""
    found = {
        key: float(value)
        for key, value in trailers or ()
        if key.startswith("antiphon-") and key.endswith("-ms")
    }
    if COMPUTE_TRAILER not in found:
        return None
    return Timing(
        found.get(QUEUE_TRAILER, 0.0),
        found[COMPUTE_TRAILER],
        found.get(FIRST_OUTPUT_TRAILER, 0.0),
    )
