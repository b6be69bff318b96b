"""Where a voice ended, to 10 ms. Pure.

Silero is slow to let go: in the median it ends a voice 60 ms after its last audible frame, in a tenth of
turns 160 ms. Silence is waited for from here.
"""

from __future__ import annotations

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Float32

FRAME_SAMPLES = RECOGNITION_RATE_HZ // 100
# As the benchmarks label it: within 30 dB of the level that the loudest twentieth of frames reach.
BELOW_LOUD_DB = 30.0
LOUD_RANK = 95
LOUD_WITHIN_FRAMES = 800
# In noise no frame is quieter than the voice, and in a whisper all are: then the detector is nearly right.
MOST_FRAMES = 20
_FAINTEST = 1e-12  # keeps digital silence out of the logarithm


def voice_end(samples: Float32, end: int) -> int:
    """Return where the last audible frame before `end` ends, at most 200 ms before it.

    `end` is where the detector ended the voice, as an index into `samples`.
    """
    end = min(end, len(samples))
    frames = min(end // FRAME_SAMPLES, LOUD_WITHIN_FRAMES)
    if frames < 2:
        return end
    start = end - frames * FRAME_SAMPLES
    power = np.square(samples[start:end].reshape(frames, FRAME_SAMPLES)).mean(axis=1)
    levels_db = 10 * np.log10(power + _FAINTEST)
    quietest_db = np.percentile(levels_db, LOUD_RANK) - BELOW_LOUD_DB
    quiet = 0
    while quiet < min(MOST_FRAMES, frames - 1) and levels_db[-1 - quiet] < quietest_db:
        quiet += 1
    return end - quiet * FRAME_SAMPLES
