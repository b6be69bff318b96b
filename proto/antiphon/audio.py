"""The one place that converts audio: encodings on the wire, sample rates, float and int16.

Between components audio is mono int16, shape `(n,)`. float32 in [-1, 1] exists only inside engines.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from antiphon.errors import InvalidInput

Int16 = NDArray[np.int16]
Float32 = NDArray[np.float32]

RECOGNITION_RATE_HZ = 16_000
MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 48_000
FULL_SCALE = 32_768.0


class Encoding(StrEnum):
    """How samples are laid out in bytes; the names of the contract's AudioEncoding, in lower case."""

    PCM_S16LE = "pcm_s16le"
    PCM_F32LE = "pcm_f32le"
    MULAW = "mulaw"
    ALAW = "alaw"


SAMPLE_BYTES = {
    Encoding.PCM_S16LE: 2,
    Encoding.PCM_F32LE: 4,
    Encoding.MULAW: 1,
    Encoding.ALAW: 1,
}


def decode(data: bytes, encoding: Encoding) -> Int16:
    """Return the samples in `data`; raise `InvalidInput` on a split sample or a NaN."""
    width = SAMPLE_BYTES[encoding]
    if len(data) % width:
        raise InvalidInput(
            f"{len(data)} bytes of audio are no whole number of {width}-byte {encoding} samples",
            reason="SPLIT_SAMPLE",
        )
    match encoding:
        case Encoding.PCM_S16LE:
            return np.frombuffer(data, dtype="<i2").astype(np.int16, copy=False)
        case Encoding.PCM_F32LE:
            return from_float(np.frombuffer(data, dtype="<f4"))
        case Encoding.MULAW:
            return _MULAW_DECODED[np.frombuffer(data, dtype=np.uint8)]
        case Encoding.ALAW:
            return _ALAW_DECODED[np.frombuffer(data, dtype=np.uint8)]


def encode(samples: Int16, encoding: Encoding) -> bytes:
    """Return `samples` as bytes in `encoding`."""
    match encoding:
        case Encoding.PCM_S16LE:
            return samples.astype("<i2", copy=False).tobytes()
        case Encoding.PCM_F32LE:
            return to_float(samples).astype("<f4", copy=False).tobytes()
        case Encoding.MULAW:
            return _mulaw_encode(samples).tobytes()
        case Encoding.ALAW:
            return _alaw_encode(samples).tobytes()


def to_float(samples: Int16) -> Float32:
    """Return `samples` scaled to [-1, 1)."""
    return (samples / np.float32(FULL_SCALE)).astype(np.float32, copy=False)


def from_float(samples: NDArray[Any]) -> Int16:
    """Return float `samples` as int16, louder ones clipped; raise `InvalidInput` on NaN or infinity."""
    if not np.isfinite(samples).all():
        raise InvalidInput("the audio holds NaN or infinite samples", reason="NOT_FINITE")
    return np.clip(np.rint(samples * FULL_SCALE), -32_768, 32_767).astype(np.int16)


def check_rate(rate_hz: int) -> int:
    """Return `rate_hz`, or raise `InvalidInput` where it is outside what Antiphon takes."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise InvalidInput(
            f"sample rate {rate_hz} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz",
            reason="SAMPLE_RATE",
        )
    return rate_hz


class Resampler:
    """Converts a stream from one rate to another; equal rates pass through untouched.

    Quality HQ: its pass band covers speech entirely, at a delay of a few ms that `flush` returns.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None
            if from_hz == to_hz
            else soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality=soxr.HQ)
        )

    def feed(self, samples: Int16) -> Int16:
        """Return what can be given out after `samples`."""
        return self._run(samples, last=False)

    def flush(self) -> Int16:
        """Return the tail; the stream is over after this."""
        return self._run(np.zeros(0, np.int16), last=True)

    def _run(self, samples: Int16, *, last: bool) -> Int16:
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), dtype=np.int16)


def resample(samples: Int16, from_hz: int, to_hz: int) -> Int16:
    """Return a whole clip at another rate."""
    if from_hz == to_hz:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz, quality=soxr.HQ), dtype=np.int16)


# ITU-T G.711. mu-law: 8 segments of 16 steps over magnitude + 33 in 14 bits (132 in 16 bits), bits
# inverted. A-law: likewise over 13 bits, even bits inverted.
_MULAW_BIAS = 132
_MULAW_CLIP = 32_635


def _mulaw_decode_table() -> Int16:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (((mantissa << 3) + _MULAW_BIAS) << exponent) - _MULAW_BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_decode_table() -> Int16:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = np.where(
        exponent == 0,
        (mantissa << 4) + 8,
        ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0),
    )
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_MULAW_DECODED = _mulaw_decode_table()
_ALAW_DECODED = _alaw_decode_table()


def _mulaw_encode(samples: Int16) -> NDArray[np.uint8]:
    wide = samples.astype(np.int32)
    magnitude = np.minimum(np.abs(wide), _MULAW_CLIP) + _MULAW_BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    sign = np.where(wide < 0, 0x80, 0)
    code: NDArray[np.int32] = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return code.astype(np.uint8)


def _alaw_encode(samples: Int16) -> NDArray[np.uint8]:
    wide = samples.astype(np.int32)
    magnitude = np.minimum(np.where(wide >= 0, wide, -wide - 1), 32_767)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 7, 0)
    mantissa = (magnitude >> np.maximum(exponent + 3, 4)) & 15
    sign = np.where(wide >= 0, 0x80, 0)
    code: NDArray[np.int32] = (sign | (exponent << 4) | mantissa) ^ 0x55
    return code.astype(np.uint8)
