"""How loud the caller is, and how much of what is heard is as loud. Pure.

Somebody who talks behind the caller, or a television, reaches the microphone more softly than they do: over a
reply it is not for the agent. How loud they are is known from the turns that they took; as long as they took
none, anybody may be the caller.
"""

from __future__ import annotations

from collections import deque
from math import inf, log10
from statistics import median_low
from typing import NamedTuple

import numpy as np

from antiphon.audio import Int16
from server.conversation.loudness import FLOOR_DB, rms

FRAME_MS = 20.0
# 10 s: a reply is interrupted or goes on within one; of a turn the end tells enough.
KEPT = 500
# Of a turn's frames: consonants and pauses say nothing.
LOUD_RANK = 95
# A voice 15 dB behind 90 others was as loud as this for 120 ms of 800 at most, with what is around; of the
# others themselves two thirds were, and of most of them half if they had been 6 dB softer.
SOFTER_DB = 10.0
# Between two vowels every voice is softer.
BETWEEN_MS = 100.0
# The median of so many: one may have been shouted, and who has moved away is known after two.
TURNS = 3
# A float's idea of 20 ms.
SAME_MS = 0.01


class _Frame(NamedTuple):
    start_ms: float
    end_ms: float
    power: float


class CallerLevel:
    """One caller's; positions are ms of the session's audio."""

    def __init__(self) -> None:
        self._frames: deque[_Frame] = deque(maxlen=KEPT)
        self._turns_db: deque[float] = deque(maxlen=TURNS)

    def forget(self) -> None:
        """Know nobody: who comes next may be somebody else."""
        self._frames.clear()
        self._turns_db.clear()

    def note(self, samples: Int16, start_ms: float, end_ms: float) -> None:
        """Take what was heard between two positions."""
        frames = max(round((end_ms - start_ms) / FRAME_MS), 1)
        step_ms = (end_ms - start_ms) / frames
        for part in np.array_split(samples, frames):
            self._add(_Frame(start_ms, start_ms + step_ms, (rms(part) / 32_768) ** 2))
            start_ms += step_ms

    def _add(self, frame: _Frame) -> None:
        """Append it, or make it one with the last where that is shorter than a frame is."""
        last = self._frames[-1] if self._frames else frame
        if last is not frame and last.end_ms - last.start_ms < FRAME_MS - SAME_MS:
            self._frames.pop()
            lasted_ms, lasts_ms = last.end_ms - last.start_ms, frame.end_ms - frame.start_ms
            power = (last.power * lasted_ms + frame.power * lasts_ms) / (lasted_ms + lasts_ms)
            frame = _Frame(last.start_ms, frame.end_ms, power)
        self._frames.append(frame)

    def learn(self, start_ms: float, end_ms: float) -> None:
        """Take what was said between two positions for the caller's."""
        powers = [frame.power for frame in self._between(start_ms, end_ms)]
        loud_db = (
            10 * log10(float(np.percentile(powers, LOUD_RANK)) + 1e-12) if powers else FLOOR_DB
        )
        if loud_db > FLOOR_DB:
            self._turns_db.append(loud_db)

    def own_ms(self, start_ms: float) -> float:
        """Return how much since a position is as loud as the caller is, with what is around it.

        Infinity where that is unknown. Up to 0.1 s of it may be yet to come.
        """
        if not self._turns_db:
            return inf
        least = 10 ** ((median_low(self._turns_db) - SOFTER_DB) / 10)
        own_ms, until_ms = 0.0, start_ms
        for frame in self._between(start_ms, inf):
            if frame.power >= least:
                from_ms = max(frame.start_ms - BETWEEN_MS, until_ms)
                until_ms = frame.end_ms + BETWEEN_MS
                own_ms += until_ms - from_ms
        return own_ms

    def _between(self, start_ms: float, end_ms: float) -> list[_Frame]:
        return [f for f in self._frames if f.end_ms > start_ms and f.start_ms < end_ms]
