"""Times one request in the three parts of the contract."""

from __future__ import annotations

import asyncio

from antiphon.timing import Timing


class Stopwatch:
    """Starts as it is made: waiting, then to the engine's first output, then to its last."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._asked = self._clock()
        self._handed = self._asked
        self._first: float | None = None
        self._last = self._asked

    def hand_over(self) -> None:
        """The engine has it from now on."""
        self._handed = self._last = self._clock()

    def output(self) -> None:
        """The engine gave something out."""
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def timing(self) -> Timing:
        """Return the durations so far."""
        first = self._last if self._first is None else self._first
        return Timing(
            queue_ms=(self._handed - self._asked) * 1000,
            compute_ms=(self._last - self._handed) * 1000,
            first_output_ms=(first - self._handed) * 1000,
        )
