"""Encodes speech while it is made."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import Protocol

import av
import numpy as np
from av.audio.stream import AudioStream

from antiphon.audio import Encoding, Int16, check_rate, encode


class Format(StrEnum):
    """What speech is sent as, by OpenAI's names; `OPUS` is in Ogg, `AAC` is ADTS, `PCM` is s16le."""

    PCM = "pcm"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"
    AAC = "aac"

    @property
    def media_type(self) -> str:
        """Its name in a `Content-Type`."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.PCM: "audio/pcm",
    Format.WAV: "audio/wav",
    Format.MP3: "audio/mpeg",
    Format.OPUS: "audio/ogg",
    Format.FLAC: "audio/flac",
    Format.AAC: "audio/aac",
}


class Encoder(Protocol):
    """One stream of mono speech; both methods compute, some ms for a second of speech."""

    def feed(self, samples: Int16) -> bytes:
        """Return what can be given out after `samples`, shape `(n,)`, at the rate that was declared.

        It lags by a frame: 20 ms of Opus, 24 to 72 ms of MP3, 43 ms of AAC, 96 to 192 ms of FLAC at 24 kHz.
        """
        ...

    def end(self) -> bytes:
        """Return the rest; nothing may be fed after it."""
        ...


def open_encoder(kind: Format, rate_hz: int) -> Encoder:
    """Return an encoder of speech at `rate_hz`; raise `InvalidInput` where a rate is outside 8 to 48 kHz.

    A codec that does not know the rate is given the next higher one that it does.
    """
    check_rate(rate_hz)
    match kind:
        case Format.PCM:
            return _Pcm()
        case Format.WAV:
            return _Pcm(_wav_header(rate_hz))
        case _:
            return _Compressed(kind, rate_hz)


class _Pcm:
    """Samples as they are, after a header."""

    def __init__(self, header: bytes = b"") -> None:
        self._header = header

    def feed(self, samples: Int16) -> bytes:
        return self.end() + encode(samples, Encoding.PCM_S16LE)

    def end(self) -> bytes:
        header, self._header = self._header, b""
        return header


def _wav_header(rate_hz: int) -> bytes:
    """Return the header of a file whose length is not known: all ones, as OpenAI sends it."""
    unknown = 0xFFFFFFFF
    pcm, mono, width = 1, 1, 2
    form = struct.pack("<4sI4s", b"RIFF", unknown, b"WAVE")
    layout = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, pcm, mono, rate_hz, rate_hz * width, width, 8 * width
    )
    return form + layout + struct.pack("<4sI", b"data", unknown)


# Muxer, codec, and the muxer's options.
_CODECS: dict[Format, tuple[str, str, dict[str, str]]] = {
    # The Xing header is filled in at the end, and a stream has no way back to it.
    Format.MP3: ("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}),
    # An Ogg page a frame, in us: by default a page is a second.
    Format.OPUS: ("opus", "libopus", {"page_duration": "20000"}),
    Format.FLAC: ("flac", "flac", {}),
    Format.AAC: ("adts", "aac", {}),
}
_RATES_HZ = {
    Format.OPUS: (8_000, 12_000, 16_000, 24_000, 48_000),
    Format.MP3: (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    Format.AAC: (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
}
# Speech at 24 kHz gains nothing audible above these.
_BITS_PER_S = {Format.MP3: 64_000, Format.OPUS: 32_000, Format.AAC: 64_000}


class _Sink:
    """Where FFmpeg writes; it has no `seek`, so that nothing is ever gone back to."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class _Compressed:
    """A codec and a muxer of FFmpeg's."""

    def __init__(self, kind: Format, rate_hz: int) -> None:
        muxer, codec, options = _CODECS[kind]
        self._sink = _Sink()
        self._rate_hz = rate_hz
        self._container = av.open(
            self._sink, "w", format=muxer, container_options={"flush_packets": "1", **options}
        )
        at_hz = next(rate for rate in _RATES_HZ.get(kind, (rate_hz,)) if rate >= rate_hz)
        stream = self._container.add_stream(codec, rate=at_hz, layout="mono")
        assert isinstance(stream, AudioStream)
        self._stream = stream
        if kind in _BITS_PER_S:
            self._stream.bit_rate = _BITS_PER_S[kind]
        self._fed_samples = 0

    def feed(self, samples: Int16) -> bytes:
        if samples.size:
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="mono"
            )
            frame.rate = self._rate_hz
            frame.pts, self._fed_samples = self._fed_samples, self._fed_samples + samples.size
            self._mux(frame)
        return self._sink.take()

    def end(self) -> bytes:
        self._mux(None)
        self._container.close()
        return self._sink.take()

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
