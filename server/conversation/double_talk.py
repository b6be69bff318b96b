"""Whether the caller talks while their microphone brings the agent's echo, by loudness. Pure.

A canceller takes some of a caller away with the echo: the first tenth of a second of a word, or a short word
altogether, until it has told the two apart. How loud an echo can be is known from what is played: what is
clearly louder is the caller, and passes as it was heard. The echo in it is soft beside them, and mostly over
as soon as the agent falls silent for them.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from antiphon.audio import Int16
from server.conversation.loudness import rms

# Of both sides, for the first estimate of the echo's share: the longest delay, and a look's window.
KEPT = 160
LOOK = 32
# Frames around the delay in which the echo's loudest may be: sounds run in, and frames are cut anywhere.
SOONER, LATER = 1, 2
# A room's echo fades by 1.4 dB in 10 ms: 60 dB in 0.4 s, as in a furnished room.
FADE = 0.85
# 6 dB. 90 clips of speech over a real and a simulated voice at -20 dB, in a room and without one, were
# noticed after 130 to 220 ms at p95; by the canceller alone after 220 to 290 ms, without an echo after
# 100 ms. At 8 dB more were late, at 4.5 dB some were, as the echo itself had begun to pass.
CLEARLY = 2.0
# Between two syllables a caller is softer, and it is not worth a change.
HOLD = 5
# Less is nobody who is close to a microphone, and less played is a pause.
FAINT_RMS, PAUSE_RMS = 60.0, 300.0
# In 10 ms. While the caller talks it is not known what of it is echo; but a loudspeaker may be turned up.
STEP, STEP_BESIDE_CALLER = 1.02, 1.005
# Before anything is known: an echo at -20 dB.
USUAL = 0.1
# The quietest of so many frames is what is behind all voices.
QUIETEST_OF = 100


class DoubleTalk:
    """One caller's. Give it every 10 ms of both sides, and ask where there is an echo."""

    def __init__(self) -> None:
        self._heard: deque[float] = deque(maxlen=LOOK)
        self._played: deque[float] = deque(maxlen=KEPT)
        self._recent: deque[float] = deque(maxlen=QUIETEST_OF)  # of what is heard
        self.forget()

    def forget(self) -> None:
        """Begin anew with the next echo."""
        self._share: float | None = None  # of what is played, heard as echo
        self._fading = 0.0
        self._hold = 0
        self._open = 0.0

    def note(self, heard: Int16, played: Int16) -> None:
        """Take the next 10 ms of what is heard and of what is played."""
        self._heard.append(rms(heard))
        self._recent.append(self._heard[-1])
        self._played.append(rms(played))

    def choose(self, heard: Int16, left: Int16, late: int) -> Int16:
        """Return the frame noted last: as `heard`, or what the canceller `left` of it.

        `late` is how many frames what was played is heard later.
        """
        if self._share is None:
            self._share = self._first_share(late)
        near = self._near(0, late)
        self._fading = max(near, FADE * self._fading)
        talks = self._talks(self._share)
        self._share *= self._step(self._share, near, talks=talks)
        self._hold = HOLD if talks else max(self._hold - 1, 0)
        return self._mixed(heard, left, 1.0 if talks or self._hold else 0.0)

    def _talks(self, share: float) -> bool:
        expected = float(np.hypot(share * self._fading, self._behind()))
        return self._heard[-1] > max(CLEARLY * expected, FAINT_RMS)

    def _step(self, share: float, near: float, *, talks: bool) -> float:
        # A microphone that was muted tells nothing.
        if near <= PAUSE_RMS or self._heard[-1] < FAINT_RMS:
            return 1.0
        if self._heard[-1] < np.hypot(share * near, self._behind()):
            return 1 / STEP
        return STEP_BESIDE_CALLER if talks else STEP

    def _behind(self) -> float:
        return min(self._recent)

    def _near(self, ago: int, late: int) -> float:
        """Return the loudest of what was played that may be the echo in the frame so many frames `ago`."""
        times = range(max(ago + late - SOONER, 0), ago + late + LATER + 1)
        return max((self._played[-1 - at] for at in times if at < len(self._played)), default=0.0)

    def _first_share(self, late: int) -> float:
        shares, behind = [], self._behind()
        for ago in range(len(self._heard)):
            near = self._near(ago, late)
            if near > PAUSE_RMS:
                echo = max(self._heard[-1 - ago] ** 2 - behind**2, 0.0) ** 0.5
                shares.append(echo / near)
        return float(np.median(shares)) if shares else USUAL

    def _mixed(self, heard: Int16, left: Int16, share: float) -> Int16:
        """Return both, faded into each other where that changes: a step would be a click."""
        before, self._open = self._open, share
        if before == share:
            return heard if share else left
        ramp = np.linspace(before, share, len(heard), dtype=np.float32)
        mixed: Int16 = (heard * ramp + left * (1 - ramp)).astype(np.int16)
        return mixed
