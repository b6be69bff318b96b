"""Whether a caller spoke and fell silent, by loudness alone: where the recogniser is away. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Int16

# Of a line without anybody: what is softer is silence.
FLOOR_DB = -50.0
# A voice is so much louder than what is behind it; consonants and breath are softer than its vowels.
CONTRAST_DB = 15.0
BELOW_VOICE_DB = 20.0
# Longer than the gap before a plosive or between words; as the shortest silence that ends a turn.
QUIET_MS = 400.0


def level_db(samples: Int16) -> float:
    """Return the power of `samples`, in dB of full scale."""
    if not len(samples):
        return -120.0
    return float(10 * np.log10((rms(samples) / 32_768) ** 2 + 1e-12))


def rms(samples: NDArray[Any]) -> float:
    """Return the root of the mean power of `samples`, in their own unit; 0 of none."""
    values = samples.astype(np.float32, copy=False)
    return float(np.sqrt(np.dot(values, values) / max(len(values), 1)))


def fell_silent(levels: Sequence[tuple[float, float]], *, speaking: bool) -> bool:
    """Return whether there was a voice, and then none for a while.

    `levels` are (duration in ms, level in dB) from the oldest; `speaking`: there was a voice for certain.
    """
    if not levels:
        return False
    loudness = [level for _, level in levels]
    loudest, background = max(loudness), float(np.percentile(loudness, 10))
    spoke = speaking or (loudest > FLOOR_DB and loudest - background > CONTRAST_DB)
    return spoke and _quiet_ms(levels, max(loudest - BELOW_VOICE_DB, FLOOR_DB)) >= QUIET_MS


def _quiet_ms(levels: Sequence[tuple[float, float]], below_db: float) -> float:
    quiet_ms = 0.0
    for duration_ms, level in reversed(levels):
        if level > below_db:
            break
        quiet_ms += duration_ms
    return quiet_ms
