"""Samples out of a container: the one file that decodes with FFmpeg, through PyAV. It blocks."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, NoReturn

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from antiphon.audio import Int16, Resampler, from_float
from antiphon.errors import InvalidInput
from server.sound.kind import HEAD_BYTES, Kind, index_is_last, sniff
from server.sound.source import Held, Source

_DEMUXERS = {
    Kind.WAV: "wav",
    Kind.FLAC: "flac",
    Kind.OGG: "ogg",
    Kind.MP3: "mp3",
    Kind.MP4: "mov",
    Kind.WEBM: "matroska",
    Kind.AAC: "aac",
}
# What people record with, and nothing else of FFmpeg's some hundred decoders, none of them for video.
_CODECS = frozenset(
    (
        *("aac", "alac", "flac", "mp3", "mp3float", "opus", "vorbis"),
        *("pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"),
        *("pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav"),
    )
)
_OPTIONS = {
    # Samples are to come out with the first bytes: neither is needed where the container is named.
    "probesize": "32",
    "analyzeduration": "0",
    "codec_whitelist": ",".join(sorted(_CODECS)),
    "protocol_whitelist": "none",
    # A film has a picture, some languages and subtitles; a file of a thousand streams is an attack.
    "max_streams": "32",
}
# FFmpeg asks for so much at a time: a tenth of a second of WAV.
_READ_BYTES = 4096
# From half a telephone's to a studio's; 7.1 has 8.
MIN_SOURCE_HZ = 4_000
MAX_SOURCE_HZ = 192_000
MAX_CHANNELS = 8
# An MP4 file's boxes before its index or sound: its brands, and room left free.
_MAX_PREAMBLE_BYTES = 64 * 1024

# FFmpeg's lines quote what is in a file.
av.logging.set_level(None)
# An MP4 file of some bytes may claim 170 million samples, whose index would take 4 GB. In this bound 2.8
# million find room: 15 hours of AAC. PyAV does not expose it, but is linked with what does.
MAX_ALLOCATION_BYTES = 64 * 1024 * 1024
ctypes.CDLL(av._core.__file__).av_max_alloc(ctypes.c_size_t(MAX_ALLOCATION_BYTES))


def samples_of(source: Source, kind: Kind | None, rate_hz: int) -> Iterator[Int16]:
    """Yield the sound in `source`, mono, at `rate_hz`; raise `InvalidInput` where there is none.

    What is damaged in the middle is left out; what is cut off ends the sound.
    """
    found = _kind(source, kind)
    try:
        with av.open(
            _held_if_needed(source) if found is Kind.MP4 else source,
            "r",
            format=_DEMUXERS[found],
            container_options=_OPTIONS,
            metadata_errors="ignore",
            buffer_size=_READ_BYTES,
            io_open=_never,
        ) as container:
            yield from _resampled(_frames(container, _audio(container)), rate_hz)
    except (av.FFmpegError, UnicodeError):
        raise InvalidInput(
            f"the sound is no {found} file that can be read", reason="SOUND"
        ) from None


def _kind(source: Source, kind: Kind | None) -> Kind:
    found = sniff(source.peek(HEAD_BYTES))
    if found is None or kind not in (None, found):
        expected = kind or f"any of {', '.join(Kind)}"
        raise InvalidInput(f"the sound does not begin as {expected} would", reason="SOUND")
    return found


def _held_if_needed(source: Source) -> Source | Held:
    size = HEAD_BYTES
    while (last := index_is_last(head := source.peek(size))) is None and len(head) == size:
        if size >= _MAX_PREAMBLE_BYTES:
            break
        size *= 2
    return source if last is False else Held(source)


def _never(*_: object) -> NoReturn:
    raise InvalidInput("the sound refers to another file, and none is opened", reason="SOUND")


def _audio(container: InputContainer) -> AudioStream:
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        raise InvalidInput("the file holds no sound", reason="NO_AUDIO")
    codec = stream.codec_context
    # PyAV types no stream that FFmpeg has no decoder for.
    name = getattr(getattr(codec, "codec", None), "name", "unknown")
    if name not in _CODECS:
        raise InvalidInput("the sound is in a codec that is not served", reason="SOUND")
    codec.thread_count = 1
    return stream


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.InvalidDataError:
            continue


def _resampled(frames: Iterator[AudioFrame], rate_hz: int) -> Iterator[Int16]:
    resampler, source_hz = None, 0
    for frame in frames:
        if frame.sample_rate != source_hz:  # of the next song in an Ogg file, say
            if resampler is not None:
                yield resampler.flush()
            source_hz = _check(frame)
            resampler = Resampler(source_hz, rate_hz)
        assert resampler is not None
        yield resampler.feed(_mono(frame))
    if resampler is None:
        raise InvalidInput("the file holds no sound", reason="NO_AUDIO")
    yield resampler.flush()


def _check(frame: AudioFrame) -> int:
    if not MIN_SOURCE_HZ <= frame.sample_rate <= MAX_SOURCE_HZ:
        raise InvalidInput(
            f"the sound's rate of {frame.sample_rate} Hz is outside {MIN_SOURCE_HZ} to {MAX_SOURCE_HZ} Hz",
            reason="SOUND",
        )
    if frame.layout.nb_channels > MAX_CHANNELS:
        raise InvalidInput(
            f"the sound has {frame.layout.nb_channels} channels; at most {MAX_CHANNELS} are served",
            reason="SOUND",
        )
    return frame.sample_rate


def _mono(frame: AudioFrame) -> Int16:
    """Return the mean of a frame's channels."""
    array = frame.to_ndarray()
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    if array.dtype == np.int16 and len(array) == 1:
        return np.ascontiguousarray(array[0], np.int16)
    return from_float(_scaled(array).mean(axis=0, dtype=np.float64))


def _scaled(array: NDArray[Any]) -> NDArray[Any]:
    """Return samples of any type in [-1, 1]."""
    if array.dtype.kind == "f":
        return array
    half = 2.0 ** (8 * array.dtype.itemsize - 1)
    middle = half if array.dtype.kind == "u" else 0.0
    return np.asarray((array - middle) / half)
