"""Where a clause's sound begins, so that its leading silence is not sent."""

from __future__ import annotations

import numpy as np

from antiphon.audio import Float32

# The level above which MEASURES.md counts the caller as hearing something.
AUDIBLE_DBFS = -50.0
# Kept before it: a plosive's onset is softer than that for some ms.
KEPT_MS = 10
_WINDOW_MS = 5


def leading(samples: Float32, rate_hz: int) -> int:
    """Return how many samples at the start are silent and not needed; 0 where nothing is audible."""
    window = rate_hz * _WINDOW_MS // 1000
    whole = len(samples) // window * window
    if not whole:
        return 0
    level = np.sqrt(np.mean(samples[:whole].reshape(-1, window) ** 2, axis=1))
    audible = np.flatnonzero(level > 10 ** (AUDIBLE_DBFS / 20))
    if not len(audible):
        return 0
    return max(0, int(audible[0]) * window - rate_hz * KEPT_MS // 1000)
