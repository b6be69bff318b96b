"""Sound files in and out, for the command line and benchmarks."""

from __future__ import annotations

from pathlib import Path

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
    try:
        return from_float(samples.mean(axis=1)), int(rate_hz)
    except InvalidInput as problem:
        raise InvalidInput(f"{path}: {problem.message}", reason=problem.reason) from None


def write_speech(path: Path, samples: Int16, rate_hz: int) -> None:
    """Write a sound file whose format is the path's suffix, whole or not at all.

    Raises `InvalidInput` where that cannot be.
    """
    kind = path.suffix.removeprefix(".").upper()
    if kind not in soundfile.available_formats():
        raise InvalidInput(f"cannot write {path}: no such format; .wav, .flac, .ogg and .mp3 are")
    partial = path.with_name(f".{path.name}.part")
    try:
        soundfile.write(partial, samples, rate_hz, format=kind)
        partial.replace(path)
    except (soundfile.LibsndfileError, ValueError, OSError) as error:
        partial.unlink(missing_ok=True)
        raise InvalidInput(f"cannot write {path}: {_reason(path, error)}") from None


def _reason(path: Path, error: Exception) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    return (error.strerror if isinstance(error, OSError) else None) or "the file cannot be written"
