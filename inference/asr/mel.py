"""Whisper's log-mel spectrogram (Radford et al. 2022, section 2.2), in numpy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from antiphon.audio import RECOGNITION_RATE_HZ, Float32

FRAME_SAMPLES = 400
HOP_SAMPLES = 160
_FLOOR = np.float32(1e-10)
_RANGE_LOG10 = np.float32(8.0)

# Slaney's mel scale: linear below 1 kHz at 200/3 Hz a mel, above it 27 mels for each factor of 6.4.
_BREAK_HZ = 1000.0
_BREAK_MEL = 15.0
_HZ_PER_MEL = 200.0 / 3
_LOG_STEP = np.log(6.4) / 27.0
_TOP_MEL = _BREAK_MEL + np.log(RECOGNITION_RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP


def log_mel(samples: Float32, bands: int) -> Float32:
    """Return shape (`bands`, len(samples) // 160), each frame centred on its hop."""
    padded = np.pad(samples, FRAME_SAMPLES // 2, mode="reflect")
    frames = sliding_window_view(padded, FRAME_SAMPLES)[::HOP_SAMPLES][
        : len(samples) // HOP_SAMPLES
    ]
    spectrum = np.fft.rfft(frames * _window(), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    energy = np.log10(np.maximum(_filters(bands) @ power.T, _FLOOR))
    energy = np.maximum(energy, energy.max() - _RANGE_LOG10)
    scaled: Float32 = ((energy + 4) / 4).astype(np.float32, copy=False)
    return scaled


@lru_cache
def _window() -> Float32:
    window: Float32 = np.hanning(FRAME_SAMPLES + 1)[:-1].astype(np.float32)
    return window


@lru_cache
def _filters(bands: int) -> Float32:
    """Return triangles of equal area on the mel scale, shape (`bands`, 201)."""
    mels = np.linspace(0.0, _TOP_MEL, bands + 2)
    linear = mels * _HZ_PER_MEL
    corners = np.where(
        mels < _BREAK_MEL, linear, _BREAK_HZ * np.exp((mels - _BREAK_MEL) * _LOG_STEP)
    )
    bins = np.fft.rfftfreq(FRAME_SAMPLES, 1 / RECOGNITION_RATE_HZ)
    widths = np.diff(corners)
    slopes = corners[:, None] - bins[None]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    areas = 2 / (corners[2:] - corners[:-2])
    filters: Float32 = (triangles * areas[:, None]).astype(np.float32)
    return filters
