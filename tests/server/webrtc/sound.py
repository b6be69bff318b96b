"""Sound that stands for speech: a voice-like tone whose pitch glides, so that no frame is like the last."""

from __future__ import annotations

import numpy as np

from antiphon.audio import Float32
from server.webrtc.opus import FRAME_BYTES, RATE_HZ, Encoder

HARMONICS = 12


def glide(seconds: float, rate_hz: int = RATE_HZ) -> bytes:
    """Return int16 samples of a voice that glides between 100 and 200 Hz twice a second."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    phase = 2 * np.pi * (150 * times + 50 / (4 * np.pi) * np.sin(4 * np.pi * times))
    voice = sum(np.sin(number * phase) / number for number in range(1, HARMONICS))
    loudness = 1 + 0.5 * np.sin(6 * np.pi * times)
    return (4000 * loudness * voice).astype("<i2").tobytes()


def framed(pcm: bytes) -> list[bytes]:
    """Return whole frames of 20 ms."""
    return [pcm[start : start + FRAME_BYTES] for start in range(0, len(pcm), FRAME_BYTES)]


def encoded(pcm: bytes) -> list[bytes]:
    """Return Opus packets of 20 ms each, with in-band FEC."""
    encoder = Encoder(32_000, 10)
    return [encoder.encode(frame) for frame in framed(pcm)]


def level(pcm: bytes) -> float:
    """Return the root mean square of int16 samples."""
    return float(np.sqrt(np.mean(np.square(samples(pcm)))))


def samples(pcm: bytes) -> Float32:
    """Return int16 bytes as floats, unscaled."""
    return np.frombuffer(pcm, "<i2").astype(np.float32)
