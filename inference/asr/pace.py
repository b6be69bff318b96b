"""How far a stream's audio runs ahead of real time: a caller's never does, a file's does. Pure."""

from __future__ import annotations

# A client that sends a whole utterance at once when it is over is as live as one that streams it; nobody is
# who is further ahead than an utterance is long.
LIVE_LEAD_S = 10.0


class Pace:
    """Counts one stream's audio against the clock, whose times are seconds and never go back."""

    def __init__(self) -> None:
        self._lead_s = 0.0
        self._counted_to_s = 0.0

    def hear(self, audio_s: float, now_s: float) -> None:
        """Count `audio_s` of audio that came at `now_s`."""
        self._lead_s = self.lead_s(now_s) + audio_s
        self._counted_to_s = now_s

    def lead_s(self, now_s: float) -> float:
        """Return how much audio came sooner than it can have been said; being late earns nothing."""
        return max(0.0, self._lead_s - (now_s - self._counted_to_s))

    def is_live(self, now_s: float) -> bool:
        """Return whether somebody may be waiting at the other end."""
        return self.lead_s(now_s) <= LIVE_LEAD_S
