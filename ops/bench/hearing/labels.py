"""Where the voice in a clip begins and ends, labelled offline from the whole clip.

Never by the product's own endpointer: what is measured must not say where measuring starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES, Detector

VOICE_PROBABILITY = 0.5
FRAME_SAMPLES = RECOGNITION_RATE_HZ // 100
BELOW_LOUD_DB = 30.0
LOUD_RANK = 95


@dataclass(frozen=True, slots=True)
class Label:
    """The voice of a clip: its first and last samples in ms, and how much of it there is."""

    first_ms: float
    last_ms: float
    voiced_ms: float


def label(clip: Int16, detector: Detector) -> Label | None:
    """Return where the voice is, None where there is none; `detector` must be new.

    Frames of 10 ms count that the detector takes for voice and that are within 30 dB of the clip's
    95th-percentile level.
    """
    voiced = _frames(clip, detector)
    levels = _levels_db(clip)
    loud = levels >= np.percentile(levels, LOUD_RANK) - BELOW_LOUD_DB
    (found,) = np.nonzero(voiced & loud)
    if not len(found):
        return None
    return Label(10.0 * found[0], 10.0 * (found[-1] + 1), 10.0 * int(voiced.sum()))


def voiced_share(samples: Int16, detector: Detector) -> float:
    """Return which share of `samples` the detector takes for voice."""
    return float(np.mean(_probabilities(samples, detector) >= VOICE_PROBABILITY))


def longest_silence_ms(samples: Int16, detector: Detector) -> float:
    """Return the longest time between voice and voice in `samples`; `detector` must be new."""
    (voiced,) = np.nonzero(_probabilities(samples, detector) >= VOICE_PROBABILITY)
    return CHUNK_MS * float(np.max(np.diff(voiced) - 1, initial=0))


def _frames(clip: Int16, detector: Detector) -> NDArray[np.bool_]:
    """Return for each frame whether its middle is in a chunk of voice."""
    frames = max(len(clip) // FRAME_SAMPLES, 1)
    middles = np.arange(frames) * FRAME_SAMPLES + FRAME_SAMPLES // 2
    chunks = _probabilities(clip, detector) >= VOICE_PROBABILITY
    return np.asarray(chunks[np.minimum(middles // CHUNK_SAMPLES, len(chunks) - 1)])


def _probabilities(samples: Int16, detector: Detector) -> NDArray[np.float64]:
    padded = np.pad(
        samples, (0, -len(samples) % CHUNK_SAMPLES or CHUNK_SAMPLES * (not len(samples)))
    )
    return np.array([detector.probability(chunk) for chunk in padded.reshape(-1, CHUNK_SAMPLES)])


def _levels_db(clip: Int16) -> NDArray[np.float64]:
    frames = max(len(clip) // FRAME_SAMPLES, 1)
    whole = np.resize(clip, frames * FRAME_SAMPLES) if len(clip) else np.zeros(FRAME_SAMPLES)
    power = np.mean(np.square(whole.reshape(frames, -1), dtype=np.float64), axis=1)
    return np.asarray(10 * np.log10(power + 1e-3))
