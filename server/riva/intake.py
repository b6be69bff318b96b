"""The sound of a Riva request, whatever it is encoded in, as the recogniser takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from antiphon.audio import MAX_RATE_HZ, MIN_RATE_HZ, Encoding, check_rate
from antiphon.errors import InvalidInput
from server.riva import wav
from server.riva.protos import audio
from server.riva.recognition_config import MAX_CHANNELS, Declared
from server.riva.sound import Sound, of_decoder, samples_of, within
from server.sound.decoding import MAX_DURATION_S, decode
from server.sound.kind import HEAD_BYTES, Kind, sniff

_RAW = {
    audio.ENCODING_UNSPECIFIED: Encoding.PCM_S16LE,
    audio.LINEAR_PCM: Encoding.PCM_S16LE,
    audio.MULAW: Encoding.MULAW,
    audio.ALAW: Encoding.ALAW,
}
_FILES = {audio.FLAC: Kind.FLAC, audio.OGGOPUS: Kind.OGG}
# A stream goes on for as long as its client sends; what lasts longer is nobody's.
ENDLESS_S = 30 * 24 * 3600.0
# The first bytes of others, and of MP3 without a tag, may be samples as well.
_CERTAIN = frozenset({Kind.WAV, Kind.FLAC, Kind.OGG, Kind.MP4, Kind.WEBM})
_MP3_TAG = b"ID3"


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
            samples = within(_joined(head, chunks), header.start, header.size_bytes)
            return samples_of(samples, Encoding.PCM_S16LE, header.rate_hz, header.channels)
    whole = _joined(head, chunks)
    if _is_file(found, declared, head):
        return of_decoder(decode(whole, _expected(found, declared), limit_s=limit_s))
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


async def _joined(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk


def _is_file(found: Kind | None, declared: Declared, head: bytes) -> bool:
    if declared.encoding in _FILES:
        return True
    if found in _CERTAIN or head.startswith(_MP3_TAG):
        return declared.encoding in _RAW
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
    return samples_of(chunks, encoding, check_rate(declared.rate_hz), declared.channels)
