"""Who is told what the engine does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from inference.asr.job import Job


class Watch(Protocol):
    """Called on the event loop, with each decode: it must be quick, and must not raise."""

    def waiting(self, count: Callable[[], int]) -> None:
        """Ask `count`, from any thread, how many wait for the engine."""
        ...

    def batch(self, pieces: int) -> None:
        """Note that the engine begins on so many pieces at once."""
        ...

    def decoded(self, job: Job, queue_s: float, decode_s: float) -> None:
        """Note that a piece has been decoded, after it waited."""
        ...


class Unwatched:
    """A `Watch` that notes nothing."""

    def waiting(self, count: Callable[[], int]) -> None:
        """See `Watch`."""

    def batch(self, pieces: int) -> None:
        """See `Watch`."""

    def decoded(self, job: Job, queue_s: float, decode_s: float) -> None:
        """See `Watch`."""


UNWATCHED = Unwatched()
