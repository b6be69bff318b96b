"""Whether a caller's microphone brings back what their loudspeaker plays. Pure.

A canceller without an echo to cancel takes the caller's own voice for one: it is for where there is one. An
echo is what was played before, whatever the room made of it: its cross-correlation with that, each frequency
given the same weight (PHAT), has a peak at the echo's delay, and at the same one a moment later. Of 188
recordings of speech and noise over a reply of ours 1 was taken for an echo; echoes at -20 and -30 dB, 60 to
300 ms late, in a room and without, were found 0.2 to 0.4 s after they began.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Int16

RATE_HZ = 8_000
FRAME = RATE_HZ // 100
HEARD = RATE_HZ * 320 // 1000
# The client's buffer, the room, and the way back.
LONGEST_DELAY = RATE_HZ
SIZE = 16_384  # of the transform: a power of two that both fit into
# Of telephones, whose codecs leave nothing beyond.
LOW_HZ, HIGH_HZ = 300, 3400

# Frames of 10 ms: how often is looked while none is found, and then.
LOOK_EACH, LOOK_AGAIN_EACH = 5, 20
# A peak is so many standard deviations high, and so many of the last looks saw it at one place.
SURE, LOOKS, NEEDED = 12.0, 5, 4
SAME_PLACE = RATE_HZ // 1000
# Less is a microphone in a quiet room, and a pause.
QUIET_RMS, PAUSE_RMS = 20.0, 100.0
# Of what is played: by then one would have been found; and so long none was, since a headset was put on.
DOUBT, FORGET = 80, 1000


class Echo(Enum):
    """Whether there is one; UNKNOWN at first, when one must be expected."""

    UNKNOWN = auto()
    PRESENT = auto()
    ABSENT = auto()


class EchoFinder:
    """One caller's. Give it every 10 ms of both sides, one beside the other."""

    def __init__(self) -> None:
        self.echo = Echo.UNKNOWN
        self._heard = np.zeros(HEARD, np.float32)
        self._played = np.zeros(HEARD + LONGEST_DELAY, np.float32)
        self._places: deque[int | None] = deque(maxlen=LOOKS)
        self._speaking = 0  # frames of what is played, since an echo was found last
        self._look_in = LOOK_EACH

    def add(self, heard: Int16, played: Int16) -> Echo:
        """Return whether there is an echo, after 10 ms more of each side, at any multiple of 8 kHz."""
        _shift(self._heard, heard)
        _shift(self._played, played)
        self._speaking += _rms(self._played[-FRAME:]) > PAUSE_RMS
        self._look_in -= 1
        if self._look_in <= 0:
            self._look()
        patience = FORGET if self.echo is Echo.PRESENT else DOUBT
        if self._speaking >= patience:
            self.echo = Echo.ABSENT
        return self.echo

    def _look(self) -> None:
        place = self._place()
        if place is not None and self._seen_at(place) + 1 >= NEEDED:
            self.echo, self._speaking = Echo.PRESENT, 0
        self._places.append(place)
        self._look_in = LOOK_AGAIN_EACH if self.echo is Echo.PRESENT else LOOK_EACH

    def _seen_at(self, place: int) -> int:
        before = list(self._places)[1 - LOOKS :]
        return sum(other is not None and abs(other - place) <= SAME_PLACE for other in before)

    def _place(self) -> int | None:
        """Return how many samples late what was played is heard; None where that is not sure."""
        if _rms(self._heard) < QUIET_RMS or _rms(self._played) < QUIET_RMS:
            return None
        cross = np.fft.rfft(self._heard, SIZE) * np.conj(np.fft.rfft(self._played, SIZE))
        weight = np.abs(cross)
        cross = np.where(_BAND & (weight > 0), cross / np.maximum(weight, _LEAST), 0)
        correlation = np.fft.irfft(cross, SIZE)
        place = int(np.argmax(by_delay := correlation[_DELAYS]))
        return place if by_delay[place] > SURE * float(correlation.std()) else None


_LEAST = np.finfo(np.float32).tiny
_FREQUENCIES_HZ = np.fft.rfftfreq(SIZE, 1 / RATE_HZ)
_BAND = (_FREQUENCIES_HZ > LOW_HZ) & (_FREQUENCIES_HZ < HIGH_HZ)
# What is heard begins LONGEST_DELAY after what was played: without delay, it is found there.
_DELAYS = (np.arange(LONGEST_DELAY) - LONGEST_DELAY) % SIZE


def _shift(into: NDArray[np.float32], frame: Int16) -> None:
    """Move `into` on by `frame`, thinned to 8 kHz."""
    into[:-FRAME] = into[FRAME:]
    into[-FRAME:] = frame.reshape(FRAME, -1).mean(axis=1)


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))
