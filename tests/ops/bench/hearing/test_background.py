"""What follows a clip."""

from __future__ import annotations

import numpy as np
import pytest

from ops.bench.hearing.background import LOOP_SAMPLES, background
from tests.ops.bench.hearing.detectors import LoudIsVoice


def test_the_quietest_part_is_looped() -> None:
    quiet = np.arange(LOOP_SAMPLES) % 50
    clip = np.concatenate([np.full(16_000, 3000), quiet, np.full(8_000, 3000)]).astype(np.int16)
    follows = background(clip, LoudIsVoice())
    assert not follows.lowered
    assert len(follows.samples) == 48_000
    assert follows.samples[: 2 * LOOP_SAMPLES].tolist() == [*quiet.tolist(), *quiet.tolist()]


def test_voice_is_no_background() -> None:
    follows = background(np.full(16_000, 3000, np.int16), LoudIsVoice(), seconds=1)
    assert set(follows.samples.tolist()) == {30}
    assert follows.lowered


@pytest.mark.parametrize("samples", [0, 1, LOOP_SAMPLES])
def test_short_clips(samples: int) -> None:
    assert len(background(np.ones(samples, np.int16), LoudIsVoice(), 0.5).samples) == 8_000
