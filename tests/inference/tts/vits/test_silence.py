"""Where a clause's sound begins."""

from __future__ import annotations

import numpy as np
import pytest

from inference.tts.vits.silence import KEPT_MS, leading

RATE_HZ = 16_000


def after(silence_ms: int, level: float) -> np.ndarray:
    sound = np.full(RATE_HZ // 10, level, np.float32)
    return np.concatenate([np.zeros(RATE_HZ * silence_ms // 1000, np.float32), sound])


@pytest.mark.parametrize("silence_ms", [0, 5, 50, 200])
def test_silence_is_cut_but_for_a_little(silence_ms: int) -> None:
    expected_ms = max(0, silence_ms - KEPT_MS)
    assert leading(after(silence_ms, 0.1), RATE_HZ) == RATE_HZ * expected_ms // 1000


def test_what_is_too_soft_to_hear_is_silence() -> None:
    assert leading(np.concatenate([after(0, 0.001), after(0, 0.1)]), RATE_HZ) > 0


@pytest.mark.parametrize("samples", [0, 3, 16_000])
def test_all_silence_stays(samples: int) -> None:
    assert leading(np.zeros(samples, np.float32), RATE_HZ) == 0
