"""What follows a clip: its own background, as a caller's line goes on when the caller is silent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from inference.asr.detector import Detector
from ops.bench.hearing.labels import voiced_share

LOOP_SAMPLES = RECOGNITION_RATE_HZ // 5
STEP_SAMPLES = RECOGNITION_RATE_HZ // 100
FOLLOWS_S = 3.0
# A clip cut to its words has no background: its quietest part, looped, is a hum that goes on speaking.
VOICED_SHARE = 0.1
LOWERED = 0.01


@dataclass(frozen=True, slots=True)
class Background:
    """What follows a clip, and whether it was made 40 dB quieter than the clip had it."""

    samples: Int16
    lowered: bool


def background(clip: Int16, detector: Detector, seconds: float = FOLLOWS_S) -> Background:
    """Return the quietest 200 ms of `clip`, looped; lowered where a new `detector` hears voice in it."""
    looped = np.resize(_quietest(clip), int(seconds * RECOGNITION_RATE_HZ))
    if voiced_share(looped, detector) > VOICED_SHARE:
        return Background((looped * LOWERED).astype(np.int16), lowered=True)
    return Background(looped, lowered=False)


def _quietest(clip: Int16) -> Int16:
    if len(clip) <= LOOP_SAMPLES:
        return clip if len(clip) else np.zeros(1, np.int16)
    energy = np.cumsum(np.square(np.pad(clip, (1, 0)), dtype=np.float64))
    starts = np.arange(0, len(clip) - LOOP_SAMPLES + 1, STEP_SAMPLES)
    start = int(starts[np.argmin(energy[starts + LOOP_SAMPLES] - energy[starts])])
    return clip[start : start + LOOP_SAMPLES]
