"""The agent's own voice, 20 dB quieter and 60 ms late, is gone; the caller's is not."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Int16, resample
from server.echo_canceller import EchoCanceller


def speech_like(seconds: float, rate_hz: int, seed: int) -> Int16:
    """Return noise that comes and goes in syllables."""
    random = np.random.default_rng(seed)
    size = round(seconds * rate_hz)
    syllables = np.repeat(random.uniform(0, 1, size // (rate_hz // 8) + 1), rate_hz // 8)[:size]
    return (random.normal(size=size) * syllables**2 * 6000).astype(np.int16)


def level_db(samples: Int16) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1))


@pytest.mark.parametrize("rate_hz", [8_000, 24_000])
def test_the_echo_is_taken_out_and_the_caller_stays(rate_hz: int) -> None:
    agent, caller = speech_like(4, 24_000, 1), speech_like(4, rate_hz, 2)
    delay, step = rate_hz * 60 // 1000, rate_hz // 100
    echo = np.zeros(4 * rate_hz, np.int16)
    echo[delay:] = (resample(agent, 24_000, rate_hz) // 10)[: len(echo) - delay]
    speaks_from = 3 * rate_hz
    caller[:speaks_from] = 0
    microphone = echo + caller
    canceller = EchoCanceller()
    left = np.concatenate(
        [
            canceller.cancel(
                microphone[step * n : step * (n + 1)],
                rate_hz,
                agent[240 * n : 240 * (n + 1)],
                24_000,
            )
            for n in range(400)
        ]
    )
    second = slice(rate_hz, speaks_from)
    assert level_db(left[second]) < level_db(echo[second]) - 15
    assert abs(level_db(left[speaks_from:]) - level_db(caller[speaks_from:])) < 6
