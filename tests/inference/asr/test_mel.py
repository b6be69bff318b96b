"""The log-mel spectrogram, against faster-whisper's own."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Float32
from inference.asr.mel import log_mel


def noise(seconds: float, level: float = 0.1) -> Float32:
    random = np.random.default_rng(0)
    return (random.standard_normal(int(seconds * 16_000)) * level).astype(np.float32)


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("samples", [noise(3.2), noise(1, 1.0), np.zeros(16_000, np.float32)])
def test_equals_the_reference(samples: Float32, bands: int) -> None:
    extractor = pytest.importorskip("faster_whisper.feature_extractor")
    reference = extractor.FeatureExtractor(feature_size=bands)(samples, padding=0)
    ours = log_mel(samples, bands)
    assert ours.shape == reference.shape == (bands, len(samples) // 160)
    assert np.abs(ours - reference).max() < 1e-4


def test_a_tone_is_in_its_band() -> None:
    times = np.arange(16_000) / 16_000
    spectrum = log_mel(np.sin(2 * np.pi * 1000 * times).astype(np.float32), 80)
    # 1 kHz is mel 15 of 45.2, so a third up the bands.
    assert spectrum[:, 50].argmax() == pytest.approx(80 * 15 / 45.2, abs=1)


def test_dtype() -> None:
    assert log_mel(noise(0.5), 80).dtype == np.float32
