"""A tone in each container that is decoded, made here."""

from __future__ import annotations

import io
import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from antiphon.audio import Int16
from server.sound.kind import Kind

TONE_HZ = 440
RATE_HZ = 16_000
SECONDS = 4
MUXERS = {
    Kind.WAV: ("wav", "pcm_s16le"),
    Kind.FLAC: ("flac", "flac"),
    Kind.OGG: ("ogg", "libopus"),
    Kind.MP3: ("mp3", "libmp3lame"),
    Kind.MP4: ("mp4", "aac"),
    Kind.WEBM: ("webm", "libopus"),
    Kind.AAC: ("adts", "aac"),
}


def tone(seconds: float = SECONDS, rate_hz: int = RATE_HZ) -> Int16:
    """Return a tone."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (8000 * np.sin(2 * np.pi * TONE_HZ * at_s)).astype(np.int16)


def pitch_hz(samples: Int16, rate_hz: int = RATE_HZ) -> float:
    """Return the loudest frequency."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate_hz / len(samples))


@cache
def file_of(kind: Kind, seconds: float = SECONDS, rate_hz: int = RATE_HZ) -> bytes:
    """Return the tone as a file; that of MP4 has its index at the end."""
    out = io.BytesIO()
    muxer, codec = MUXERS[kind]
    with av.open(out, "w", format=muxer) as container:
        _write(container, codec, seconds, rate_hz)
    return out.getvalue()


@cache
def indexed_first() -> bytes:
    """Return an MP4 file with its index at the start."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.mp4")
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            _write(container, "aac")
        return path.read_bytes()


@cache
def film(sound: bool) -> bytes:
    """Return an MP4 file with a picture, and the tone where there is to be sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        picture = container.add_stream("mpeg4", rate=10)
        assert isinstance(picture, VideoStream)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        packets = picture.encode(frame) + picture.encode(None)
        if sound:
            _write(container, "aac")
        container.mux(packets)
    return out.getvalue()


def wav(
    samples: bytes, rate_hz: int = RATE_HZ, channels: int = 1, bits: int = 16, code: int = 1
) -> bytes:
    """Return a WAV file with a header as it is told; `code` 1 is integers and 3 floats."""
    width = channels * bits // 8
    layout = struct.pack(
        "<HHIIHH", code, channels, rate_hz, (rate_hz * width) & 0xFFFFFFFF, width & 0xFFFF, bits
    )
    body = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _write(
    container: OutputContainer, codec: str, seconds: float = SECONDS, rate_hz: int = RATE_HZ
) -> None:
    stream = container.add_stream(codec, rate=rate_hz, layout="mono")
    assert isinstance(stream, AudioStream)
    samples = tone(seconds, rate_hz).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.rate = rate_hz
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
