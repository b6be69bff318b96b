from __future__ import annotations

import io
import struct
import wave

import pytest

from server.riva.wav import Header, read


def header(rate_hz: int = 16_000, channels: int = 1, width: int = 2, frames: int = 100) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(bytes(frames * channels * width))
    return made.getvalue()[:44]


def with_chunk(size: int) -> bytes:
    """Return a header that tells who made the file, as FFmpeg's do, in `size` bytes."""
    plain = header()
    note = b"LIST" + struct.pack("<I", size) + bytes(size + size % 2)
    return plain[:36] + note + plain[36:]


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (44_100, 2), (8000, 8)])
def test_a_plain_header(rate_hz: int, channels: int) -> None:
    expected = Header(rate_hz, channels, start=44, size_bytes=200 * channels)
    assert read(header(rate_hz, channels)) == expected
    assert read(header(rate_hz, channels) + b"samples") == expected


@pytest.mark.parametrize("size", [26, 27])
def test_other_chunks_are_passed_over(size: int) -> None:
    found = read(with_chunk(size))
    assert found == Header(16_000, 1, start=44 + 8 + size + size % 2, size_bytes=200)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_writer_that_did_not_know_the_size_is_heard_to_the_end(size: int) -> None:
    found = read(header()[:40] + struct.pack("<I", size))
    assert found is not None
    assert found.size_bytes is None


@pytest.mark.parametrize("have", range(44))
def test_what_is_not_all_there_is_no_header_yet(have: int) -> None:
    assert read(header()[:have]) is None
    assert read(with_chunk(26)[: have + 34]) is None


@pytest.mark.parametrize(
    "head",
    [
        header(width=1),
        header(width=3),
        header()[:20] + b"\3\0" + header()[22:],  # float
        b"RF64" + header()[4:],
        header()[:8] + b"AVI " + header()[12:],
        header()[:12] + header()[36:],  # samples without a format
        b"fLaC" + bytes(100),
    ],
)
def test_what_needs_a_decoder_is_left_to_it(head: bytes) -> None:
    assert read(head) is None
