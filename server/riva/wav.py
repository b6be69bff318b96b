"""The header of a WAV file whose samples need no decoder; FFmpeg would wait for 64 KiB of them. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

# Longer ones hold pictures or cue lists before the sound, and are left to FFmpeg.
MAX_HEADER_BYTES = 4096
_PCM = 1  # WAVE_FORMAT_PCM
_BITS = 16
_FIRST_CHUNK = 12
_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
# What writers give that do not know yet how much will follow.
_ENDLESS_FROM = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Header:
    """Where the samples are: from byte `start` on, `size_bytes` of them or, where that is None, all."""

    rate_hz: int
    channels: int
    start: int
    size_bytes: int | None


def read(head: bytes) -> Header | None:
    """Return the header that `head` begins with; None where it is not all there, or of no 16-bit PCM."""
    at, layout = _FIRST_CHUNK, None
    if head[:4] != b"RIFF" or head[8:_FIRST_CHUNK] != b"WAVE":
        return None
    while len(head) >= at + _CHUNK.size:
        name, size = _CHUNK.unpack_from(head, at)
        at += _CHUNK.size
        if name == b"data":
            return _header(layout, at, size)
        if name == b"fmt " and len(head) >= at + _FORMAT.size:
            layout = _FORMAT.unpack_from(head, at)
        at += size + size % 2
    return None


def _header(layout: tuple[int, ...] | None, start: int, size: int) -> Header | None:
    if layout is None:
        return None
    tag, channels, rate_hz, _, _, bits = layout
    if (tag, bits) != (_PCM, _BITS):
        return None
    return Header(rate_hz, channels, start, size if 0 < size < _ENDLESS_FROM else None)
