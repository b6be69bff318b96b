"""What the engine did for one call, for its timing trailers, and when the caller will run out of audio."""

from __future__ import annotations

import asyncio
from math import inf

from antiphon.timing import Timing
from inference.tts.engine import Step

# Who begins goes before whoever ran dry less than this ago: where the voice cannot keep up with all, a first
# piece costs them a tenth of what it would wait for their longer ones. Later than this they go first, so that
# they are heard however many begin.
HEAD_START_S = 2.0
# A guest, who can always have a call that begins, has no such start, and goes after the conversations that
# would run dry meanwhile.
GUEST_WAITS_S = 2.0


class Work:
    """Adds up the steps of one call; the clock is the event loop's."""

    def __init__(self, *, guest: bool = False) -> None:
        self._start_s, self._waits_s = (0.0, GUEST_WAITS_S) if guest else (HEAD_START_S, 0.0)
        self._asked_s: float | None = None
        self._first_s: float | None = None
        self._dry_s = -inf
        self._queue_ms = 0.0
        self._compute_ms = 0.0

    def ask(self) -> None:
        """Note that the engine is now being asked for a clause."""
        now_s = _now_s()
        if self._asked_s is None:
            self._asked_s = now_s
        if self._dry_s <= now_s:  # it begins, or lacked text until now
            self._dry_s = now_s - self._start_s

    def add(self, step: Step, rate_hz: int) -> None:
        """Count one step."""
        now_s = _now_s()
        if self._first_s is None:
            self._first_s = now_s
        # A caller who ran dry plays on from now: what was missed makes no later piece more urgent.
        self._dry_s = max(self._dry_s, now_s) + len(step.piece.samples) / rate_hz
        self._queue_ms += step.queue_ms
        self._compute_ms += step.compute_ms

    def deadline(self) -> float:
        """Return when a caller who plays as it receives will have heard all.

        Earlier for who begins, and later for a guest.
        """
        return self._dry_s + self._waits_s

    @property
    def timing(self) -> Timing | None:
        """The durations of the contract, or None where nothing was handed to the engine."""
        if self._asked_s is None:
            return None
        first_ms = 0.0 if self._first_s is None else (self._first_s - self._asked_s) * 1000
        return Timing(self._queue_ms, self._compute_ms, first_ms)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
