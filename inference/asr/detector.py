"""Voice activity as the streams see it: probabilities, chunk by chunk."""

from __future__ import annotations

from typing import Protocol

from antiphon.audio import RECOGNITION_RATE_HZ, Int16

CHUNK_SAMPLES = 512  # what Silero was trained on at 16 kHz
CHUNK_MS = CHUNK_SAMPLES * 1000 / RECOGNITION_RATE_HZ


class Detector(Protocol):
    """The detector of one stream; it remembers what it heard."""

    def probability(self, chunk: Int16) -> float:
        """Return how likely the next `CHUNK_SAMPLES` hold voice, from 0 to 1."""
        ...
