"""Labels of clips."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Int16
from ops.bench.hearing.labels import Label, label, longest_silence_ms, voiced_share
from tests.ops.bench.hearing.detectors import LoudIsVoice

MS = 16


def level(value: int, ms: int) -> Int16:
    return np.full(ms * MS, value, np.int16)


def test_from_the_first_voiced_frame_to_the_last() -> None:
    clip = np.concatenate([level(1, 320), level(5000, 640), level(1, 320)])
    assert label(clip, LoudIsVoice()) == Label(320, 960, 640)


def test_what_is_30_db_below_the_loudest_is_no_voice() -> None:
    quiet = level(5000 // 40, 320)
    clip = np.concatenate([level(5000, 640), quiet, level(1, 320)])
    found = label(clip, LoudIsVoice())
    assert found is not None
    assert found.last_ms == 640
    assert found.voiced_ms == 960


def test_what_the_detector_does_not_take_for_voice_is_none() -> None:
    assert label(level(90, 1000), LoudIsVoice()) is None


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 511, 513])
def test_clips_of_any_length(samples: int) -> None:
    assert label(np.zeros(samples, np.int16), LoudIsVoice()) is None


def test_a_short_voice() -> None:
    assert label(level(5000, 10), LoudIsVoice()) == Label(0, 10, 10)


@pytest.mark.parametrize(
    ("parts", "silence_ms"),
    [
        ([(5000, 640)], 0),
        ([(0, 320), (5000, 320), (0, 320)], 0),
        ([(5000, 320), (0, 96), (5000, 320), (0, 64), (5000, 320)], 96),
        ([(0, 320)], 0),
        ([], 0),
    ],
)
def test_the_silence_within_a_voice(parts: list[tuple[int, int]], silence_ms: float) -> None:
    clip = np.concatenate([level(0, 0), *(level(*part) for part in parts)])
    assert longest_silence_ms(clip, LoudIsVoice()) == silence_ms


def test_share() -> None:
    clip = np.concatenate([level(5000, 320), level(0, 960)])
    assert voiced_share(clip, LoudIsVoice()) == pytest.approx(0.25)
