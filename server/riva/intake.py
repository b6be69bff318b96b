"""The sound of a Riva request, whatever it is encoded in, as the recogniser takes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from antiphon.audio import (
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    RECOGNITION_RATE_HZ,
    SAMPLE_BYTES,
    Encoding,
    Int16,
    check_rate,
    encode,
)
from antiphon.audio import decode as decode_samples
from antiphon.errors import InvalidInput
from antiphon.v1.common_pb2 import AudioFormat
from server.engines.formats import ENCODINGS
from server.riva import wav
from server.riva.protos import audio
from server.riva.recognition_config import MAX_CHANNELS, Declared
from server.sound.decoding import MAX_DURATION_S, decode
from server.sound.kind import HEAD_BYTES, Kind, sniff

# A second at the recogniser's rate; far inside the 1 MiB that one of its messages may hold.
PIECE_FRAMES = RECOGNITION_RATE_HZ

_RAW = {
    audio.ENCODING_UNSPECIFIED: Encoding.PCM_S16LE,
    audio.LINEAR_PCM: Encoding.PCM_S16LE,
    audio.MULAW: Encoding.MULAW,
    audio.ALAW: Encoding.ALAW,
}
_FILES = {audio.FLAC: Kind.FLAC, audio.OGGOPUS: Kind.OGG}
# A stream goes on for as long as its client sends; what lasts longer is nobody's.
ENDLESS_S = 30 * 24 * 3600.0
# The first bytes of others may be samples as well.
_CERTAIN = frozenset({Kind.WAV, Kind.FLAC, Kind.OGG})


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


async def open_sound(
    chunks: AsyncIterator[bytes], declared: Declared, limit_s: float = MAX_DURATION_S
) -> Sound | None:
    """Return the sound in `chunks`, once enough has come to tell what it is; None where nothing comes.

    A file's own header goes over what is declared, for clients send whole WAV files as LINEAR_PCM. Raises
    `InvalidInput` where the two are at odds, nothing says what the bytes are, or a file lasts over `limit_s`.
    """
    head = await _head(b"", chunks, HEAD_BYTES)
    if not head:
        return None
    found = sniff(head)
    if found is Kind.WAV and declared.encoding not in _FILES:
        head, header = await _wav_header(head, chunks)
        if header is not None:
            samples_only = _within(_joined(head, chunks), header.start, header.size_bytes)
            return _samples(samples_only, Encoding.PCM_S16LE, header.rate_hz, header.channels)
    whole = _joined(head, chunks)
    if _is_file(found, declared):
        samples = decode(whole, _expected(found, declared), RECOGNITION_RATE_HZ, limit_s)
        return Sound(Encoding.PCM_S16LE, RECOGNITION_RATE_HZ, _encoded(samples))
    return _raw(whole, declared)


async def _head(head: bytes, chunks: AsyncIterator[bytes], size: int) -> bytes:
    """Return `head` and what follows it, `size` bytes at least unless the sound is shorter."""
    while len(head) < size and (chunk := await anext(chunks, None)) is not None:
        head += chunk
    return head


async def _wav_header(head: bytes, chunks: AsyncIterator[bytes]) -> tuple[bytes, wav.Header | None]:
    """Return what was read, and the header where the samples behind it can be taken as they are."""
    while (header := wav.read(head)) is None and len(head) < wav.MAX_HEADER_BYTES:
        longer = await _head(head, chunks, len(head) + 1)
        if len(longer) == len(head):
            break
        head = longer
    fits = (
        header is not None
        and MIN_RATE_HZ <= header.rate_hz <= MAX_RATE_HZ
        and 1 <= header.channels <= MAX_CHANNELS
    )
    return head, header if fits else None


async def _within(
    chunks: AsyncIterator[bytes], start: int, size: int | None
) -> AsyncIterator[bytes]:
    """Yield the `size` bytes from `start` on, or all."""
    skip, room = start, size
    async for chunk in chunks:
        piece = chunk[skip:] if room is None else chunk[skip : skip + room]
        skip = max(0, skip - len(chunk))
        room = None if room is None else room - len(piece)
        yield piece


async def _joined(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk


def _is_file(found: Kind | None, declared: Declared) -> bool:
    if declared.encoding in _FILES or found in _CERTAIN:
        return True
    unspecified = declared.encoding == audio.ENCODING_UNSPECIFIED
    return unspecified and not declared.rate_hz and found is not None


def _expected(found: Kind | None, declared: Declared) -> Kind | None:
    """Return what the bytes are, or are to be."""
    if declared.encoding in _FILES:
        return _FILES[declared.encoding]
    if declared.encoding != audio.ENCODING_UNSPECIFIED and found is not Kind.WAV:
        raise InvalidInput(
            f"the audio is {found}, and declared as {audio.AudioEncoding.Name(declared.encoding)}",
            reason="ENCODING",
            param="encoding",
        )
    return found


def _raw(chunks: AsyncIterator[bytes], declared: Declared) -> Sound:
    encoding = _RAW.get(declared.encoding)
    if encoding is None:
        known = ", ".join(audio.AudioEncoding.keys())
        raise InvalidInput(
            f"encoding {declared.encoding} is not known; known are {known}",
            reason="ENCODING",
            param="encoding",
        )
    return _samples(chunks, encoding, check_rate(declared.rate_hz), declared.channels)


def _samples(
    chunks: AsyncIterator[bytes], encoding: Encoding, rate_hz: int, channels: int
) -> Sound:
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
        samples = decode_samples(piece, encoding).reshape(-1, channels)
        yield encode(np.rint(samples.mean(axis=1)).astype(np.int16), Encoding.PCM_S16LE)


async def _encoded(samples: AsyncGenerator[Int16, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(samples):
        async for piece in samples:
            for start in range(0, len(piece), PIECE_FRAMES):
                yield encode(piece[start : start + PIECE_FRAMES], Encoding.PCM_S16LE)
