"""Where a voice ended."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.audio import Float32
from inference.asr.voice_end import FRAME_SAMPLES, MOST_FRAMES, voice_end


def frames(*levels_db: float) -> Float32:
    amplitudes = np.repeat([10 ** (level / 20) for level in levels_db], FRAME_SAMPLES)
    return amplitudes.astype(np.float32)


@pytest.mark.parametrize(
    ("tail_db", "trimmed"),
    [
        ([-70.0] * 6, 6),
        ([-35.0] * 6, 0),
        ([-70.0, -70.0, -20.0, -70.0], 1),
        ([-70.0] * 30, MOST_FRAMES),
        ([-200.0] * 3, 3),
    ],
)
def test_frames_far_below_the_loud_ones_are_no_voice(tail_db: list[float], trimmed: int) -> None:
    samples = frames(*[-10.0] * 50, *tail_db)
    assert voice_end(samples, len(samples)) == len(samples) - trimmed * FRAME_SAMPLES


def test_what_follows_the_detectors_end_does_not_count() -> None:
    samples = frames(*[-60.0] * 50, *[0.0] * 50)
    assert voice_end(samples, 50 * FRAME_SAMPLES) == 50 * FRAME_SAMPLES


def test_what_is_long_past_does_not_make_a_soft_voice_silence() -> None:
    samples = frames(*[0.0] * 100, *[-40.0] * 800)
    assert voice_end(samples, len(samples)) == len(samples)


@given(st.lists(st.floats(-120, 0), max_size=40), st.floats(0, 1))
def test_the_end_is_moved_back_by_no_more_than_its_bound(levels: list[float], share: float) -> None:
    samples = frames(*levels)
    end = int(share * len(samples))
    assert 0 <= end - voice_end(samples, end) <= MOST_FRAMES * FRAME_SAMPLES
    assert voice_end(samples, end) >= 0
