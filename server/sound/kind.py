"""Which container an encoded sound is in, by its first bytes. Pure."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Containers that are decoded; `MP4` is also M4A and QuickTime, `WEBM` also Matroska, `AAC` is ADTS."""

    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    MP3 = "mp3"
    MP4 = "mp4"
    WEBM = "webm"
    AAC = "aac"


# As many as tell all kinds apart.
HEAD_BYTES = 12
_BOX_HEADER_BYTES = 8


def sniff(head: bytes) -> Kind | None:
    """Return what a sound that begins with `head`, `HEAD_BYTES` or all there are, claims to be."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return Kind.WAV
    if head[4:8] == b"ftyp":
        return Kind.MP4
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    return _framed(head)


_MAGICS = (
    (b"fLaC", Kind.FLAC),
    (b"OggS", Kind.OGG),
    (b"ID3", Kind.MP3),
    (b"\x1a\x45\xdf\xa3", Kind.WEBM),  # RFC 8794 section 11.2.1, the EBML element
)


def _framed(head: bytes) -> Kind | None:
    """Return the kind of bare frames, by their header: 11 bits set, then version and layer."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    # ISO/IEC 13818-7 (ADTS): 12 bits set and layer 0, which no MPEG audio has.
    if head[1] & 0xF6 == 0xF0:
        return Kind.AAC
    return Kind.MP3 if head[1] & 0x06 else None


def index_is_last(head: bytes) -> bool | None:
    """Return whether an MP4 file holds its sound before the index (`moov`) that it is read with.

    None where `head` is too short to tell. ISO/IEC 14496-12 section 4.2: boxes of a size and a type.
    """
    at = 0
    while len(head) >= at + _BOX_HEADER_BYTES:
        size = int.from_bytes(head[at : at + 4], "big")
        box = head[at + 4 : at + 8]
        if box in (b"moov", b"moof", b"mdat"):
            return box == b"mdat"
        if size < _BOX_HEADER_BYTES:
            return True  # nothing that is written ahead of an index is open-ended or 4 GB long
        at += size
    return None
