"""Samples on their way to the recogniser: whole, of one channel, in pieces that it takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, SAMPLE_BYTES, Encoding, Int16, decode, encode
from antiphon.v1.common_pb2 import AudioFormat
from server.engines.formats import ENCODINGS

# A second at the recogniser's rate; far inside the 1 MiB that one of its messages may hold.
PIECE_FRAMES = RECOGNITION_RATE_HZ


@dataclass(frozen=True, slots=True)
class Sound:
    """Whole samples, in pieces of any size; whoever takes them closes `pieces`."""

    encoding: Encoding
    rate_hz: int
    pieces: AsyncGenerator[bytes, None]

    @property
    def in_contract(self) -> AudioFormat:
        """Return the format as the contract names it."""
        return AudioFormat(encoding=ENCODINGS[self.encoding], sample_rate_hz=self.rate_hz)

    def seconds(self, size_bytes: int) -> float:
        """Return how long `size_bytes` of it are."""
        return size_bytes / SAMPLE_BYTES[self.encoding] / self.rate_hz


def samples_of(
    chunks: AsyncIterator[bytes], encoding: Encoding, rate_hz: int, channels: int
) -> Sound:
    """Return the samples whose bytes arrive in `chunks`, wherever those are cut; channels are mixed."""
    if channels == 1:
        return Sound(encoding, rate_hz, _whole(chunks, SAMPLE_BYTES[encoding]))
    return Sound(Encoding.PCM_S16LE, rate_hz, _mixed(chunks, encoding, channels))


async def _whole(chunks: AsyncIterator[bytes], frame_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield whole frames; a part of one at the very end is no sound."""
    rest = b""
    async for chunk in chunks:
        data = rest + chunk
        end = len(data) - len(data) % frame_bytes
        rest = data[end:]
        for start in range(0, end, PIECE_FRAMES * frame_bytes):
            yield data[start : min(start + PIECE_FRAMES * frame_bytes, end)]


async def _mixed(
    chunks: AsyncIterator[bytes], encoding: Encoding, channels: int
) -> AsyncGenerator[bytes, None]:
    async for piece in _whole(chunks, SAMPLE_BYTES[encoding] * channels):
        samples = decode(piece, encoding).reshape(-1, channels)
        yield encode(np.rint(samples.mean(axis=1)).astype(np.int16), Encoding.PCM_S16LE)


def of_decoder(samples: AsyncGenerator[Int16, None]) -> Sound:
    """Return what a decoder gives out at the recogniser's rate."""
    return Sound(Encoding.PCM_S16LE, RECOGNITION_RATE_HZ, _encoded(samples))


async def _encoded(samples: AsyncGenerator[Int16, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(samples):
        async for piece in samples:
            for start in range(0, len(piece), PIECE_FRAMES):
                yield encode(piece[start : start + PIECE_FRAMES], Encoding.PCM_S16LE)


async def within(
    chunks: AsyncIterator[bytes], start: int, size: int | None
) -> AsyncIterator[bytes]:
    """Yield the `size` bytes from `start` on, or all."""
    skip, room = start, size
    async for chunk in chunks:
        piece = chunk[skip:] if room is None else chunk[skip : skip + room]
        skip = max(0, skip - len(chunk))
        room = None if room is None else room - len(piece)
        yield piece
