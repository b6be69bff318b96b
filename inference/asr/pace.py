"""How far a stream's audio runs ahead of real time: a caller's never does, a file's does. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A client that sends a whole utterance at once when it is over is as live as one that streams it; nobody is
# who is further ahead than an utterance is long.
LIVE_LEAD_S = 10.0
# Of whoever is further ahead the next words are here already, or in a moment. A line that stood still for a
# while brings as much at once.
PACED_LEAD_S = 2.0


class Pace:
    """Counts one stream's audio against the clock, whose times are seconds and never go back.

    While the stream is held up by us its lead stays as it is, or every file would look live to who is too
    slow for it; and as much audio after that is no lead, since a caller's was said meanwhile.
    """

    def __init__(self) -> None:
        self._lead_s = 0.0
        self._counted_to_s = 0.0
        self._held_up = False
        self._said_meanwhile_s = 0.0

    def hear(self, audio_s: float, now_s: float) -> None:
        """Count `audio_s` of audio that came at `now_s`."""
        self._lead_s = self.lead_s(now_s) + max(0.0, audio_s - self._said_meanwhile_s)
        self._said_meanwhile_s = max(0.0, self._said_meanwhile_s - audio_s)
        self._counted_to_s = now_s

    @contextmanager
    def held_up(self, clock: Callable[[], float]) -> Iterator[None]:
        """Meanwhile take no more of the stream; `clock` tells the time."""
        began_s = clock()
        self._lead_s, self._counted_to_s = self.lead_s(began_s), began_s
        self._held_up = True
        try:
            yield
        finally:
            self._held_up = False
            self._counted_to_s = clock()
            self._said_meanwhile_s += self._counted_to_s - began_s

    def lead_s(self, now_s: float) -> float:
        """Return how much audio came sooner than it can have been said; being late earns nothing."""
        if self._held_up:
            return self._lead_s
        return max(0.0, self._lead_s - (now_s - self._counted_to_s))

    def is_live(self, now_s: float) -> bool:
        """Return whether somebody may be waiting at the other end."""
        return self.lead_s(now_s) <= LIVE_LEAD_S

    def is_paced(self, now_s: float) -> bool:
        """Return whether a silence in the audio that was heard is one at the other end too."""
        return self.lead_s(now_s) <= PACED_LEAD_S
