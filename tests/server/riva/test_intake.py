"""Sound as clients send it: what it is, and what comes of it; files are made by libsndfile."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import numpy as np
import pytest
import soundfile

from antiphon.audio import Encoding, Int16, encode
from antiphon.audio import decode as decode_samples
from antiphon.errors import InvalidInput
from antiphon.v1 import common_pb2
from server.riva.intake import ENDLESS_S, open_sound
from server.riva.protos import audio
from server.riva.recognition_config import Declared
from server.riva.sound import PIECE_FRAMES, Sound

RATE_HZ = 16_000
# Opus of a pure tone at libsndfile's default rate; MP3 and mu-law are closer.
CLOSE = 0.15


def tone(seconds: float = 1.0, rate_hz: int = RATE_HZ) -> Int16:
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    samples: Int16 = np.rint(8000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
    return samples


def file(samples: Int16, rate_hz: int, kind: str, subtype: str | None = None) -> bytes:
    made = io.BytesIO()
    soundfile.write(made, samples, rate_hz, format=kind, subtype=subtype)
    return made.getvalue()


async def _stream(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def take(chunks: Sequence[bytes], declared: Declared) -> tuple[Sound, Int16]:
    """Return what `chunks` are taken for, and all samples in them."""

    async def main() -> tuple[Sound, bytes]:
        sound = await open_sound(_stream(chunks), declared)
        assert sound is not None
        async with aclosing(sound.pieces) as pieces:
            return sound, b"".join([piece async for piece in pieces])

    sound, data = asyncio.run(main())
    return sound, decode_samples(data, sound.encoding)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def refusal(chunks: Sequence[bytes], declared: Declared) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        take(chunks, declared)
    return refused.value


PCM = encode(tone(), Encoding.PCM_S16LE)


@pytest.mark.parametrize("size", [1, 3, 7, 11, 641, 100_000])
def test_a_sample_may_be_split_between_messages(size: int) -> None:
    sound, samples = take(cut(PCM, size), Declared(audio.LINEAR_PCM, RATE_HZ))
    assert sound.in_contract == common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RATE_HZ
    )
    np.testing.assert_array_equal(samples, tone())


def test_half_a_sample_at_the_end_is_no_sound() -> None:
    _, samples = take([PCM, b"\x01"], Declared(audio.LINEAR_PCM, RATE_HZ))
    np.testing.assert_array_equal(samples, tone())


@pytest.mark.parametrize(
    ("number", "encoding"), [(audio.MULAW, Encoding.MULAW), (audio.ALAW, Encoding.ALAW)]
)
def test_telephone_encodings_go_on_as_they_are(number: int, encoding: Encoding) -> None:
    data = encode(tone(rate_hz=8000), encoding)
    sound, samples = take(cut(data, 161), Declared(number, 8000))
    assert (sound.encoding, sound.rate_hz) == (encoding, 8000)
    np.testing.assert_array_equal(samples, decode_samples(data, encoding))
    assert sound.seconds(8000) == 1


def test_unspecified_with_a_rate_and_no_header_is_linear_pcm() -> None:
    _, samples = take(cut(PCM, 640), Declared(audio.ENCODING_UNSPECIFIED, RATE_HZ))
    np.testing.assert_array_equal(samples, tone())


def test_loud_pcm_is_not_taken_for_mp3() -> None:
    data = b"\xff\xfb" * 4000
    sound, samples = take([data], Declared(audio.ENCODING_UNSPECIFIED, RATE_HZ))
    assert (sound.rate_hz, len(samples)) == (RATE_HZ, 4000)


def test_less_than_a_header_is_taken_too() -> None:
    _, samples = take([b"\1\0", b"\2\0"], Declared(audio.LINEAR_PCM, RATE_HZ))
    assert samples.tolist() == [1, 2]


def test_channels_are_mixed_wherever_their_frames_are_split() -> None:
    left, right = tone(), np.full(RATE_HZ, 100, np.int16)
    data = np.stack([left, right], axis=1).astype("<i2").tobytes()
    sound, samples = take(cut(data, 999), Declared(audio.LINEAR_PCM, RATE_HZ, 2))
    assert sound.encoding is Encoding.PCM_S16LE
    np.testing.assert_allclose(samples, (left.astype(int) + right) / 2, atol=0.5)


def test_mixed_mulaw_becomes_linear() -> None:
    data = encode(np.repeat(tone(rate_hz=8000), 2), Encoding.MULAW)
    sound, samples = take([data], Declared(audio.MULAW, 8000, 2))
    assert (sound.encoding, len(samples)) == (Encoding.PCM_S16LE, 8000)


def test_pieces_are_short_enough_for_one_message() -> None:
    async def main() -> list[int]:
        sound = await open_sound(_stream([PCM * 30]), Declared(audio.LINEAR_PCM, RATE_HZ))
        assert sound is not None
        return [len(piece) async for piece in sound.pieces]

    sizes = asyncio.run(main())
    assert sum(sizes) == 30 * len(PCM)
    assert max(sizes) == 2 * PIECE_FRAMES


@pytest.mark.parametrize("encoding", [audio.ENCODING_UNSPECIFIED, audio.LINEAR_PCM, audio.MULAW])
@pytest.mark.parametrize("rate_hz", [0, 8000, 44_100, 192_000])
@pytest.mark.parametrize("size", [4001, 100_000])
def test_a_wav_files_header_goes_over_what_is_declared(
    encoding: int, rate_hz: int, size: int
) -> None:
    data = file(tone(rate_hz=24_000), 24_000, "WAV")
    sound, samples = take(cut(data, size), Declared(encoding, rate_hz, 2))
    assert (sound.encoding, sound.rate_hz) == (Encoding.PCM_S16LE, 24_000)
    np.testing.assert_array_equal(samples, tone(rate_hz=24_000))


@pytest.mark.parametrize(("rate_hz", "subtype"), [(96_000, "PCM_16"), (24_000, "PCM_24")])
def test_a_wav_file_that_is_not_what_the_recogniser_takes_is_decoded(
    rate_hz: int, subtype: str
) -> None:
    data = file(tone(rate_hz=rate_hz), rate_hz, "WAV", subtype)
    sound, samples = take(cut(data, 4001), Declared(audio.LINEAR_PCM, RATE_HZ))
    assert (sound.encoding, sound.rate_hz) == (Encoding.PCM_S16LE, RATE_HZ)
    assert len(samples) == pytest.approx(RATE_HZ, abs=2)
    np.testing.assert_allclose(samples[200:-200], tone()[200:][: len(samples) - 400], atol=50)


@pytest.mark.parametrize("size", [1, 40, 4096])
def test_the_channels_of_a_wav_file_are_mixed_and_what_follows_its_samples_is_no_sound(
    size: int,
) -> None:
    both = np.stack([tone(0.1), np.zeros(1600, np.int16)], axis=1)
    data = file(both, RATE_HZ, "WAV") + b"LIST\4\0\0\0abcd"
    sound, samples = take(cut(data, size), Declared(audio.ENCODING_UNSPECIFIED))
    assert (sound.encoding, sound.rate_hz) == (Encoding.PCM_S16LE, RATE_HZ)
    np.testing.assert_allclose(samples, tone(0.1) / 2, atol=0.5)


def test_the_first_samples_of_a_wav_file_come_with_its_first_bytes() -> None:
    data = file(tone(), RATE_HZ, "WAV")

    async def live() -> AsyncIterator[bytes]:
        yield data[:1000]
        await asyncio.Event().wait()

    async def main() -> int:
        sound = await open_sound(live(), Declared(audio.LINEAR_PCM, RATE_HZ))
        assert sound is not None
        async with aclosing(sound.pieces) as pieces:
            return len(await anext(pieces))

    assert 900 < asyncio.run(main()) < 1000


@pytest.mark.parametrize(
    ("declared", "kind", "subtype"),
    [
        (Declared(audio.FLAC, RATE_HZ), "FLAC", None),
        (Declared(audio.FLAC), "FLAC", None),
        (Declared(audio.ENCODING_UNSPECIFIED), "FLAC", None),
        (Declared(audio.OGGOPUS, RATE_HZ), "OGG", "OPUS"),
        (Declared(audio.OGGOPUS, 48_000), "OGG", "OPUS"),
        (Declared(audio.ENCODING_UNSPECIFIED, RATE_HZ), "OGG", "OPUS"),
        (Declared(audio.ENCODING_UNSPECIFIED), "WAV", "ULAW"),
        (Declared(audio.ENCODING_UNSPECIFIED), "MP3", None),
    ],
)
def test_files_are_decoded(declared: Declared, kind: str, subtype: str | None) -> None:
    _, samples = take(cut(file(tone(), RATE_HZ, kind, subtype), 333), declared)
    assert len(samples) == pytest.approx(RATE_HZ, rel=0.1)
    level = np.std(samples[4000:12_000]) / np.std(tone())
    assert level == pytest.approx(1, abs=CLOSE)


@pytest.mark.parametrize(
    ("number", "kind", "subtype"), [(audio.FLAC, "FLAC", None), (audio.OGGOPUS, "OGG", "OPUS")]
)
def test_of_a_file_that_is_cut_off_what_came_is_heard(
    number: int, kind: str, subtype: str | None
) -> None:
    noise = np.random.default_rng(0).integers(-3000, 3000, 4 * RATE_HZ).astype(np.int16)
    data = file(noise, RATE_HZ, kind, subtype)
    _, samples = take([data[: len(data) // 2]], Declared(number))
    assert 0.2 < len(samples) / len(noise) < 0.8


@pytest.mark.parametrize(
    ("chunks", "declared", "reason"),
    [
        ([PCM], Declared(audio.LINEAR_PCM, 0), "SAMPLE_RATE"),
        ([PCM], Declared(audio.LINEAR_PCM, 7999), "SAMPLE_RATE"),
        ([PCM], Declared(audio.MULAW, 0), "SAMPLE_RATE"),
        ([PCM], Declared(audio.ALAW, 192_000), "SAMPLE_RATE"),
        ([PCM], Declared(audio.ENCODING_UNSPECIFIED), "SAMPLE_RATE"),
        ([PCM], Declared(7, RATE_HZ), "ENCODING"),
        ([PCM], Declared(audio.FLAC, RATE_HZ), "SOUND"),
        ([PCM], Declared(audio.OGGOPUS, RATE_HZ), "SOUND"),
        ([file(tone(), RATE_HZ, "WAV")], Declared(audio.FLAC), "SOUND"),
        ([file(tone(), RATE_HZ, "FLAC")], Declared(audio.LINEAR_PCM, RATE_HZ), "ENCODING"),
        ([file(tone(), RATE_HZ, "OGG")], Declared(audio.MULAW, 8000), "ENCODING"),
        ([b"\x1a\x45\xdf\xa3" + PCM], Declared(audio.LINEAR_PCM, RATE_HZ), "ENCODING"),
        ([bytes(3), b" ftypM4A " + PCM], Declared(audio.ALAW, 8000), "ENCODING"),
        ([b"ID3\4" + PCM], Declared(audio.LINEAR_PCM, RATE_HZ), "ENCODING"),
        ([b"ID3\4" + PCM], Declared(7, RATE_HZ), "ENCODING"),
        ([file(tone(), RATE_HZ, "FLAC")[:20]], Declared(audio.FLAC), "SOUND"),
        ([b"RIFF\0\0\0\0WAVE"], Declared(audio.LINEAR_PCM, RATE_HZ), "SOUND"),
        ([b"fLaC" + bytes(10_000)], Declared(audio.FLAC), "SOUND"),
        ([b"OggS" + bytes(10_000)], Declared(audio.OGGOPUS), "SOUND"),
    ],
)
def test_bytes_that_are_not_what_is_said_are_refused(
    chunks: list[bytes], declared: Declared, reason: str
) -> None:
    problem = refusal(chunks, declared)
    assert problem.reason == reason


def test_what_ends_before_it_begins_is_no_sound() -> None:
    assert asyncio.run(open_sound(_stream([]), Declared(audio.LINEAR_PCM, RATE_HZ))) is None
    assert asyncio.run(open_sound(_stream([b""]), Declared(audio.FLAC))) is None


def test_a_file_that_lasts_too_long_is_refused_and_a_stream_is_not() -> None:
    data = file(np.zeros(3 * RATE_HZ, np.int16), RATE_HZ, "FLAC")

    async def length(limit_s: float) -> int:
        sound = await open_sound(_stream([data]), Declared(audio.FLAC), limit_s)
        assert sound is not None
        async with aclosing(sound.pieces) as pieces:
            return sum([len(piece) async for piece in pieces])

    with pytest.raises(InvalidInput, match="lasts over 2 s"):
        asyncio.run(length(2))
    assert asyncio.run(length(ENDLESS_S)) == 6 * RATE_HZ
