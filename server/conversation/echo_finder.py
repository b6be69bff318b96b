"""Whether a caller's microphone brings back what their loudspeaker plays. Pure.

A canceller without an echo to cancel takes the caller's own voice for one: it is for where there is one. An
echo is what was played before, whatever the room made of it: its cross-correlation with that, each frequency
given the same weight (PHAT), has a peak at the echo's delay, and at the same one a moment later. Of 188
recordings of speech and noise over a reply of ours 1 was taken for an echo; echoes at -20 and -30 dB, 60 to
300 ms late, in a room and without, were found 0.2 to 0.4 s after they began; where none is expected any more
it takes a second.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Int16
from server.conversation.loudness import rms

RATE_HZ = 8_000
FRAME_MS = 10
# How much is looked at of what is heard.
WINDOW_MS = 320
# The client's buffer, the room, and the way back.
LONGEST_DELAY_MS = 1000
SIZE = 16_384  # of the transform: a power of two that both together fit into
# Of telephones, whose codecs leave nothing beyond.
LOW_HZ, HIGH_HZ = 300, 3400

# A peak is so many standard deviations high, and so many of the last looks saw it at one place.
SURE, LOOKS, NEEDED = 12.0, 5, 4
SAME_PLACE = RATE_HZ // 1000
# Less is a microphone in a quiet room, and a pause.
QUIET_RMS, PAUSE_RMS = 25.0, 100.0
# An echo is seldom louder than 9 dB below what is played; a caller who goes on as the agent begins is.
LOUDEST_SHARE = 0.35
FADE = 0.993  # in 10 ms: half in a second
# Frames of the agent's voice: by then one would have been found; after so many without, one is gone, as where
# somebody puts on a headset.
DOUBT, FORGET = 80, 1000


class Echo(Enum):
    """Whether there is one; UNKNOWN at first, when one must be expected."""

    UNKNOWN = auto()
    PRESENT = auto()
    ABSENT = auto()


# Frames from one look to the next; one look is 0.6 ms of a core where both sides are heard.
LOOK_EACH = {Echo.UNKNOWN: 5, Echo.ABSENT: 25, Echo.PRESENT: 20}


class EchoFinder:
    """One caller's. Give it every 10 ms of both sides, one beside the other."""

    def __init__(self) -> None:
        self.echo = Echo.UNKNOWN
        self.late = 0  # frames by which what is played is heard later, where there is an echo
        self._heard: deque[Int16] = deque(maxlen=WINDOW_MS // FRAME_MS)
        self._played: deque[Int16] = deque(maxlen=(WINDOW_MS + LONGEST_DELAY_MS) // FRAME_MS)
        self._places: deque[int | None] = deque(maxlen=LOOKS - 1)  # of the looks before
        self._speaking = 0  # frames of what is played, since an echo was found last
        self._unseen = 0  # frames since the last look
        self._loudest = 0.0  # of what is played, fading

    def add(self, heard: Int16, played: Int16) -> Echo:
        """Return whether there is an echo, after 10 ms more of each side, at any multiple of 8 kHz."""
        if self.echo is Echo.UNKNOWN:
            self._loudest = max(_peak(played), FADE * self._loudest)
        self._heard.append(heard)
        self._played.append(played)
        self._unseen += 1
        if self._unseen >= LOOK_EACH[self.echo]:
            self._look()
        return self.echo

    @property
    def too_loud(self) -> bool:
        """Whether the last 10 ms are louder than an echo would be."""
        return _peak(self._heard[-1]) > LOUDEST_SHARE * self._loudest

    def _look(self) -> None:
        self._speaking += self._unseen * (rms(self._played[-1]) > PAUSE_RMS)
        self._unseen = 0
        place = self._place()
        if place is not None and self._seen_at(place) + 1 >= NEEDED:
            self.echo, self._speaking = Echo.PRESENT, 0
            self.late = place * 1000 // (FRAME_MS * RATE_HZ)
        self._places.append(place)
        if self._speaking >= (FORGET if self.echo is Echo.PRESENT else DOUBT):
            self.echo = Echo.ABSENT

    def _seen_at(self, place: int) -> int:
        near = (other is not None and abs(other - place) <= SAME_PLACE for other in self._places)
        return sum(near)

    def _place(self) -> int | None:
        """Return how many samples late what was played is heard; None where that is not sure."""
        heard = _window(self._heard, WINDOW_MS)
        if rms(heard) < QUIET_RMS:
            return None
        played = _window(self._played, WINDOW_MS + LONGEST_DELAY_MS)
        if rms(played) < QUIET_RMS:
            return None
        cross = np.fft.rfft(heard, SIZE) * np.conj(np.fft.rfft(played, SIZE))
        weight = np.abs(cross)
        cross = np.where(_BAND & (weight > 0), cross / np.maximum(weight, _LEAST), 0)
        correlation = np.fft.irfft(cross, SIZE)
        place = int(np.argmax(by_delay := correlation[_DELAYS]))
        return place if by_delay[place] > SURE * float(correlation.std()) else None


_LEAST = np.finfo(np.float32).tiny
_FREQUENCIES_HZ = np.fft.rfftfreq(SIZE, 1 / RATE_HZ)
_BAND = (_FREQUENCIES_HZ > LOW_HZ) & (_FREQUENCIES_HZ < HIGH_HZ)
# What is heard begins LONGEST_DELAY_MS after what was played: without delay, it is found there.
_LONGEST = LONGEST_DELAY_MS * RATE_HZ // 1000
_DELAYS = (np.arange(_LONGEST) - _LONGEST) % SIZE


def _window(frames: deque[Int16], length_ms: int) -> NDArray[np.float32]:
    """Return the last `length_ms` at 8 kHz: those frames that are of one rate, behind silence."""
    of_one_rate = [frame for frame in frames if len(frame) == len(frames[-1])]
    per_sample = len(frames[-1]) * 1000 // (FRAME_MS * RATE_HZ)
    samples = np.concatenate(of_one_rate).astype(np.float32).reshape(-1, per_sample)
    window = np.zeros(length_ms * RATE_HZ // 1000, np.float32)
    window[-len(samples) :] = samples @ np.full(per_sample, 1 / per_sample, np.float32)
    return window


def _peak(samples: Int16) -> float:
    return float(np.abs(samples).max(initial=0))
