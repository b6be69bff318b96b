"""When things happened in one turn, in ms after the caller's last voiced audio. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import StrEnum

from antiphon.observability.spans import TraceContext

# 30 s at 20 ms a piece: an utterance's end is never looked for further back than that.
ARRIVALS = 1500


class Mark(StrEnum):
    """The moments of a turn, in the order of one that nothing was done for on trust."""

    SPEECH_ENDED = "speech_ended"
    PAUSE = "pause"
    COMMITTED = "committed"
    FINAL = "final"
    GENERATION_STARTED = "generation_started"
    FIRST_TOKEN = "first_token"
    FIRST_CLAUSE = "first_clause"  # written, so that the voice can begin
    FIRST_AUDIO = "first_audio"
    AUDIBLE = "audible"
    LAST_TOKEN = "last_token"
    LAST_AUDIO = "last_audio"


class Timeline:
    """Holds the first time of each mark; times are seconds of the loop's clock.

    `trace` is what the turn's calls to engines are told to be part of, where it is traced.
    """

    def __init__(self, trace: TraceContext | None = None) -> None:
        self.trace = trace
        self._at_s: dict[Mark, float] = {}
        # Whether it is that of another answer to what was answered before.
        self.answered = False

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What the turn's calls to engines carry."""
        return () if self.trace is None else self.trace.metadata

    def mark(self, mark: Mark, at_s: float) -> None:
        """Note `mark`, unless it was noted before."""
        self._at_s.setdefault(mark, at_s)

    def adopt(self, other: Timeline) -> None:
        """Note all marks of `other` that were not noted before."""
        self._at_s = other._at_s | self._at_s

    @property
    def marks(self) -> Mapping[Mark, float]:
        """When each mark was noted."""
        return self._at_s

    def again(self, trace: TraceContext | None) -> Timeline:
        """Return a timeline of one more answer to the same speech."""
        other = Timeline(trace)
        other._at_s, other.answered = dict(self._at_s), True
        return other

    def as_ms(self) -> dict[str, float]:
        """Return every mark in ms after SPEECH_ENDED, or after the earliest mark if that is missing."""
        if not self._at_s:
            return {}
        origin = self._at_s.get(Mark.SPEECH_ENDED, min(self._at_s.values()))
        return {mark: round((at - origin) * 1000, 1) for mark, at in self._at_s.items()}


class Arrivals:
    """Tells when a position of the caller's audio arrived here."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[float, float]] = deque(maxlen=ARRIVALS)

    def note(self, end_ms: float, at_s: float) -> None:
        """Note that audio up to `end_ms` had arrived at `at_s`."""
        self._pieces.append((end_ms, at_s))

    def when(self, position_ms: float) -> float | None:
        """Return when `position_ms` arrived, or None where nothing reaches so far."""
        found = None
        for end_ms, at_s in reversed(self._pieces):
            if end_ms < position_ms:
                break
            found = at_s
        return found
