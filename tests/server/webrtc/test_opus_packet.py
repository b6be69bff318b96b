from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webrtc.opus import MAX_SAMPLES, Decoder, Encoder
from server.webrtc.opus_packet import MAX_TICKS, TICKS_PER_MS, duration_ticks, is_silence


@pytest.mark.parametrize(
    ("configuration", "frame_ms"),
    [(0, 10), (1, 20), (2, 40), (3, 60), (9, 20), (12, 10), (13, 20), (16, 2.5), (29, 5), (31, 20)],
)
def test_one_frame(configuration: int, frame_ms: float) -> None:
    assert duration_ticks(bytes([configuration << 3])) == frame_ms * TICKS_PER_MS


@pytest.mark.parametrize(
    ("payload", "frames"),
    [([1], 2), ([2], 2), ([3, 3], 3), ([3, 0x80 | 2], 2), ([3], 0), ([3, 0], 0), ([3, 63], 0)],
)
def test_more_frames_in_a_packet(payload: list[int], frames: int) -> None:
    assert (
        duration_ticks(bytes([(9 << 3) | payload[0], *payload[1:]])) == frames * 20 * TICKS_PER_MS
    )


def test_nothing_lasts_no_time() -> None:
    assert duration_ticks(b"") == 0


@given(st.binary(max_size=8))
def test_no_bytes_last_longer_than_a_packet_may(payload: bytes) -> None:
    assert 0 <= duration_ticks(payload) <= MAX_TICKS


def test_it_agrees_with_libopus() -> None:
    encoder, decoder = Encoder(32_000, 10), Decoder()
    payload = encoder.encode(bytes(960))
    assert len(decoder.decode(payload)) == duration_ticks(payload) // 2 * 2
    assert MAX_TICKS == 2 * MAX_SAMPLES


@pytest.mark.parametrize(
    ("payload", "silent"), [(b"\x48", True), (b"\x48\0", True), (b"abc", False)]
)
def test_a_pause_is_a_packet_without_speech(payload: bytes, silent: bool) -> None:
    assert is_silence(payload) is silent
