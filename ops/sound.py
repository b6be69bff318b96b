"""Sound files in and out, for the command line and benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from antiphon.audio import Int16, from_float
from antiphon.errors import InvalidInput, NotFound


def read_speech(path: Path) -> tuple[Int16, int]:
    """Return a file's samples, mixed to mono, and its rate in Hz.

    Any format that libsndfile reads. Raises `NotFound`, or `InvalidInput` where the file is no sound,
    holds none, or holds NaN.
    """
    if not path.is_file():
        raise NotFound(f"no such file: {path}")
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InvalidInput(
            f"{path} is not a sound file that can be read ({error.error_string}); "
            "WAV, FLAC, Ogg and MP3 can"
        ) from None
    if not len(samples):
        raise InvalidInput(f"{path} holds no audio")
    return from_float(samples.mean(axis=1)), int(rate_hz)


def write_speech(path: Path, samples: Int16, rate_hz: int) -> None:
    """Write a 16-bit sound file in the format of the path's suffix; raise `InvalidInput` if it cannot be."""
    try:
        soundfile.write(path, samples, rate_hz, subtype="PCM_16")
    except (soundfile.LibsndfileError, ValueError, TypeError, OSError) as error:
        raise InvalidInput(f"cannot write {path}: {error}") from None


def loudness_dbfs(samples: Int16) -> float:
    """Return the root mean square level, -inf for silence."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return 20 * float(np.log10(rms / 32_768)) if rms else float("-inf")
