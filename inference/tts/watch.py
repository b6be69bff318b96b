"""Who is told what the voice does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from antiphon.timing import Timing


class Watch(Protocol):
    """Called with each piece, `batch` on the voice's thread: it must be quick, and must not raise."""

    def waiting(self, count: Callable[[], int]) -> None:
        """Ask `count`, from any thread, how many calls wait for the voice."""
        ...

    def batch(self, calls: int) -> None:
        """Note that the voice begins to compute for so many calls at once."""
        ...

    def waited(self, queue_ms: float) -> None:
        """Note how long a piece of a call waited for its turns."""
        ...

    def spoken(self, timing: Timing) -> None:
        """Note what a whole call took."""
        ...


class Unwatched:
    """A `Watch` that notes nothing."""

    def waiting(self, count: Callable[[], int]) -> None:
        """See `Watch`."""

    def batch(self, calls: int) -> None:
        """See `Watch`."""

    def waited(self, queue_ms: float) -> None:
        """See `Watch`."""

    def spoken(self, timing: Timing) -> None:
        """See `Watch`."""


UNWATCHED = Unwatched()
