"""In which pieces a clause's latent frames are decoded: small at first, so that sound begins early."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# 20 frames are 232 ms of sound, and longer than the next, larger piece takes to decode. Beyond 160 the
# context on both sides costs little more, and a cancelled call would wait longer for its thread.
FIRST_FRAMES = 20
MAX_FRAMES = 160
GROWTH = 2


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames from `first` up to but not including `end`."""

    first: int
    end: int


def plan(frames: int, start: int = 0) -> Iterator[Chunk]:
    """Yield the chunks that cover `start` to `frames`, each twice the last up to the largest."""
    size = FIRST_FRAMES
    while start < frames:
        end = min(start + size, frames)
        yield Chunk(start, end)
        start, size = end, min(size * GROWTH, MAX_FRAMES)
