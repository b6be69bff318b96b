"""Containers and codecs, without a thread."""

from __future__ import annotations

import resource
import struct

import av
import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import InvalidInput
from server.sound.container import MAX_ALLOCATION_BYTES, samples_of
from server.sound.kind import Kind
from server.sound.source import Source
from tests.server.sound.files import (
    RATE_HZ,
    SECONDS,
    TONE_HZ,
    file_of,
    film,
    indexed_first,
    pitch_hz,
    tone,
    wav,
)

STEREO = np.repeat(tone(), 2)


def decoded(
    data: bytes, kind: Kind | None = None, rate_hz: int = RATE_HZ, size: int = 999
) -> Int16:
    pieces = iter([data[at : at + size] for at in range(0, len(data), size)])
    return np.concatenate(list(samples_of(Source(lambda: next(pieces, b"")), kind, rate_hz)))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_the_tone_is_in_every_file(kind: Kind, rate_hz: int) -> None:
    samples = decoded(file_of(kind), kind, rate_hz)
    # Codecs put some thousand samples of silence before what they are given.
    assert SECONDS * rate_hz <= len(samples) < (SECONDS + 0.25) * rate_hz
    assert pitch_hz(samples, rate_hz) == pytest.approx(TONE_HZ, abs=1)
    assert 7000 < np.abs(samples[rate_hz : 2 * rate_hz]).max() < 9000


def test_wav_and_flac_lose_nothing() -> None:
    for kind in (Kind.WAV, Kind.FLAC):
        assert np.array_equal(decoded(file_of(kind)), tone())


def test_mp4_with_its_index_first_and_a_film() -> None:
    for data in (indexed_first(), film(sound=True)):
        assert pitch_hz(decoded(data, Kind.MP4)) == pytest.approx(TONE_HZ, abs=1)


@pytest.mark.parametrize(
    "data",
    [
        wav(STEREO.tobytes(), channels=2),
        wav((tone() // 256 + 128).astype(np.uint8).tobytes(), bits=8),
        wav((tone().astype("<i4") << 16).tobytes(), bits=32),
        wav((tone() / np.float32(32768)).astype("<f4").tobytes(), bits=32, code=3),
        wav((tone() / 32768).astype("<f8").tobytes(), bits=64, code=3),
    ],
    ids=["stereo", "8 bits", "32 bits", "float", "double"],
)
def test_samples_of_any_width(data: bytes) -> None:
    samples = decoded(data)
    assert len(samples) == len(tone())
    assert np.abs(samples.astype(int) - tone()).max() <= 256


def test_the_tone_of_stereo_is_the_mean() -> None:
    opposite = np.stack([tone(), -tone()], axis=1)
    assert not decoded(wav(opposite.tobytes(), channels=2)).any()


def test_a_file_that_is_cut_off_holds_what_it_holds() -> None:
    for kind in set(Kind) - {Kind.MP4}:
        data = file_of(kind)
        assert 0 < len(decoded(data[: len(data) // 2])) < len(decoded(data))


def test_what_is_damaged_is_left_out() -> None:
    data = bytearray(file_of(Kind.MP3))
    data[len(data) // 2 : len(data) // 2 + 200] = b"\x55" * 200
    assert len(decoded(bytes(data))) > (SECONDS - 0.5) * RATE_HZ


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "SOUND"),
        (b"x", "SOUND"),
        (b"What a file this is", "SOUND"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "SOUND"),
        (file_of(Kind.WAV)[:30], "SOUND"),
        (file_of(Kind.MP3)[:60], "SOUND"),
        (file_of(Kind.FLAC)[:60], "SOUND"),
        (file_of(Kind.MP4)[:2000], "SOUND"),
        (b"OggS" * 1000, "SOUND"),
        (b"\xff\xfb" * 1000, "SOUND"),
        (film(sound=False), "NO_AUDIO"),
        (wav(b""), "NO_AUDIO"),
        (wav(b"12" * 800, rate_hz=1), "SOUND"),
        (wav(b"12" * 800, rate_hz=10**9), "SOUND"),
        (wav(b"1" * 48_000, channels=12), "SOUND"),
        (wav(b"1" * 48_000, code=0x55), "NO_AUDIO"),  # it claims to hold MP3
        (wav(b"1" * 48_000, code=0x161), "SOUND"),  # Windows Media Audio
        (wav(np.full(8000, np.nan, "<f4").tobytes(), bits=32, code=3), "NOT_FINITE"),
    ],
)
def test_what_is_no_sound_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as told:
        decoded(data)
    assert told.value.reason == reason


def test_a_kind_that_the_bytes_are_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match="flac"):
        decoded(file_of(Kind.WAV), Kind.FLAC)


def test_a_song_after_another_may_have_another_rate() -> None:
    both = decoded(file_of(Kind.AAC) + file_of(Kind.AAC, rate_hz=48_000))
    assert len(both) > 2 * SECONDS * RATE_HZ
    for half in (both[: len(both) // 3], both[2 * len(both) // 3 :]):
        assert pitch_hz(half) == pytest.approx(TONE_HZ, abs=1)


def test_an_index_that_claims_more_than_memory_is_refused() -> None:
    data = bytearray(indexed_first())
    # Of one byte each, fifty million samples in one chunk: 1.2 GB of index for 60 KB of file.
    claimed = struct.pack(">II", 1, 50_000_000)
    sizes, chunks = data.index(b"stsz"), data.index(b"stsc")
    data[sizes + 8 : sizes + 16] = claimed
    data[chunks + 16 : chunks + 20] = claimed[4:]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidInput):
        decoded(bytes(data))
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert 1024 * grown_kb < 4 * MAX_ALLOCATION_BYTES


def test_ffmpeg_says_nothing() -> None:
    assert av.logging.get_level() is None
