from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import numpy as np
import pytest

from antiphon.audio import Encoding, Int16, decode, encode
from antiphon.v1 import common_pb2
from server.riva.sound import PIECE_FRAMES, Sound, of_decoder, samples_of, within
from tests.virtual_time import run_virtual

RAMP = np.arange(-1000, 1000, dtype=np.int16)


async def _stream(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def pieces(sound: Sound) -> list[bytes]:
    async def main() -> list[bytes]:
        return [piece async for piece in sound.pieces]

    return run_virtual(main())


@pytest.mark.parametrize("encoding", [Encoding.PCM_S16LE, Encoding.MULAW, Encoding.ALAW])
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_one_channel_goes_on_as_it_is_in_whole_samples(encoding: Encoding, size: int) -> None:
    data = encode(RAMP, encoding)
    sound = samples_of(_stream(cut(data, size)), encoding, 8000, 1)
    got = pieces(sound)
    assert b"".join(got) == data
    assert all(len(decode(piece, encoding)) for piece in got)
    assert sound.seconds(len(data)) == len(RAMP) / 8000


@pytest.mark.parametrize("channels", [2, 3, 8])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_channels_are_mixed_to_their_mean(channels: int, size: int) -> None:
    frames = np.stack([RAMP + 10 * channel for channel in range(channels)], axis=1)
    data = frames.astype("<i2").tobytes()
    sound = samples_of(_stream(cut(data, size)), Encoding.PCM_S16LE, 16_000, channels)
    mixed = decode(b"".join(pieces(sound)), Encoding.PCM_S16LE)
    np.testing.assert_allclose(mixed, frames.mean(axis=1), atol=0.5)


def test_a_part_of_a_sample_at_the_end_is_left_out() -> None:
    sound = samples_of(_stream([b"\1\0\2"]), Encoding.PCM_S16LE, 16_000, 1)
    assert pieces(sound) == [b"\1\0"]


def test_a_decoders_samples_are_of_the_recognisers_rate_and_in_short_pieces() -> None:
    closed: list[bool] = []

    async def samples() -> AsyncGenerator[Int16, None]:
        try:
            yield RAMP
            yield np.zeros(2 * PIECE_FRAMES + 1, np.int16)
        finally:
            closed.append(True)

    sound = of_decoder(samples())
    assert sound.in_contract == common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
    )
    got = pieces(sound)
    assert [len(piece) // 2 for piece in got] == [len(RAMP), PIECE_FRAMES, PIECE_FRAMES, 1]
    assert decode(got[0], Encoding.PCM_S16LE).tolist() == RAMP.tolist()
    assert closed


@pytest.mark.parametrize("cut_at", [1, 2, 3, 10])
@pytest.mark.parametrize(
    ("start", "size", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 4, b"3456"),
        (8, 99, b"89"),
        (99, 1, b""),
    ],
)
def test_of_a_file_only_a_part_is_sound(
    cut_at: int, start: int, size: int | None, expected: bytes
) -> None:
    async def main() -> bytes:
        chunks = _stream(cut(b"0123456789", cut_at))
        return b"".join([piece async for piece in within(chunks, start, size)])

    assert run_virtual(main()) == expected
