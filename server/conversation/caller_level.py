"""How loud the caller is, and how much of what is heard is as loud. Pure.

Somebody who talks behind the caller, or a television, reaches the microphone more softly than they do: over a
reply it is not for the agent. How loud they are is known from what they said when nobody else spoke; as
long as they said nothing, anybody may be the caller.
"""

from __future__ import annotations

from collections import deque
from math import inf
from statistics import median
from typing import NamedTuple

import numpy as np

from antiphon.audio import Int16
from server.conversation.loudness import FLOOR_DB, level_db

FRAME_MS = 20.0
# A reply is interrupted or goes on within a second; of a turn the end tells enough.
KEPT = 250
# Of a turn's frames: consonants and pauses say nothing.
LOUD_RANK = 95
# A voice 15 dB behind 90 others was as loud as this for 120 ms of 800 at most; of the others themselves two
# thirds were, and of most of them half if they had been 6 dB softer.
SOFTER_DB = 10.0
# Between two vowels every voice is softer.
BETWEEN_MS = 100.0
# One turn may have been shouted, or been somebody else's.
TURNS = 5


class _Frame(NamedTuple):
    start_ms: float
    end_ms: float
    level_db: float


class CallerLevel:
    """One caller's; positions are ms of the session's audio."""

    def __init__(self) -> None:
        self._frames: deque[_Frame] = deque(maxlen=KEPT)
        self._turns_db: deque[float] = deque(maxlen=TURNS)

    def note(self, samples: Int16, start_ms: float, end_ms: float) -> None:
        """Take what was heard between two positions."""
        frames = max(round((end_ms - start_ms) / FRAME_MS), 1)
        step_ms = (end_ms - start_ms) / frames
        for frame in np.array_split(samples, frames):
            self._frames.append(_Frame(start_ms, start_ms + step_ms, level_db(frame)))
            start_ms += step_ms

    def learn(self, start_ms: float, end_ms: float) -> None:
        """Take what was said between two positions for the caller's."""
        levels = [frame.level_db for frame in self._between(start_ms, end_ms)]
        loud_db = float(np.percentile(levels, LOUD_RANK)) if levels else FLOOR_DB
        if loud_db > FLOOR_DB:
            self._turns_db.append(loud_db)

    def own_ms(self, start_ms: float) -> float:
        """Return how much since a position is as loud as the caller is; infinity where that is unknown."""
        if not self._turns_db:
            return inf
        least_db = median(self._turns_db) - SOFTER_DB
        own_ms, until_ms = 0.0, start_ms
        for frame in self._between(start_ms, inf):
            if frame.level_db >= least_db:
                from_ms = max(frame.start_ms - BETWEEN_MS, until_ms)
                until_ms = frame.end_ms + BETWEEN_MS
                own_ms += until_ms - from_ms
        return own_ms

    def _between(self, start_ms: float, end_ms: float) -> list[_Frame]:
        return [f for f in self._frames if f.end_ms > start_ms and f.start_ms < end_ms]
