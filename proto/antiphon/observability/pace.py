"""How often something may be done, with a little ahead. Pure."""

from __future__ import annotations

from math import inf


class Pace:
    """Lets `burst` through at once, and `per_s` a second after that; times are seconds that never go back."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._interval_s = 1 / per_s
        self._ahead_s = (burst - 1) / per_s
        self._next_s = -inf

    def wait_s(self, now_s: float) -> float:
        """Take the next place; return how long it is until then, 0 where it is now."""
        place_s = max(self._next_s, now_s - self._ahead_s)
        self._next_s = place_s + self._interval_s
        return max(place_s - now_s, 0.0)
