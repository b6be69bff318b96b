"""What follows a clip: its own background, as a caller's line goes on when the caller is silent."""

from __future__ import annotations

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


def background(clip: Int16, detector: Detector, seconds: float = FOLLOWS_S) -> Int16:
    """Return the quietest 200 ms of `clip`, looped; 40 dB lower where a new `detector` hears voice in it."""
    samples = int(seconds * RECOGNITION_RATE_HZ)
    looped = np.resize(_quietest(clip), samples)
    if voiced_share(looped, detector) > VOICED_SHARE:
        return (looped * LOWERED).astype(np.int16)
    return looped


def _quietest(clip: Int16) -> Int16:
    if len(clip) <= LOOP_SAMPLES:
        return clip if len(clip) else np.zeros(1, np.int16)
    energy = np.cumsum(np.square(np.pad(clip, (1, 0)), dtype=np.float64))
    starts = np.arange(0, len(clip) - LOOP_SAMPLES + 1, STEP_SAMPLES)
    start = int(starts[np.argmin(energy[starts + LOOP_SAMPLES] - energy[starts])])
    return clip[start : start + LOOP_SAMPLES]
