from __future__ import annotations

import pytest

from server.webrtc.jitter_buffer import HOLD_MS, MIN_WAIT_MS, Packet
from server.webrtc.opus import FRAME_BYTES, Decoder
from server.webrtc.speech_stream import SpeechStream
from server.webrtc.tally import Tally
from tests.server.webrtc.network import SSRC, packet
from tests.server.webrtc.sound import encoded, glide, level

PACKETS = encoded(glide(1.0))


def heard(payloads: list[bytes | None], until_ms: float = 0) -> list[bytes]:
    """Return the frames of a stream whose packets arrive in time, or never."""
    stream = SpeechStream()
    frames: list[bytes] = []
    for number, payload in enumerate(payloads):
        now_ms = 20.0 * number
        if payload is not None:
            stream.add(packet(number, payload=payload), now_ms)
        frames += stream.frames(now_ms)
    if until_ms:
        frames += stream.frames(until_ms)
    return frames


def test_without_loss_it_is_the_decoder() -> None:
    decoder = Decoder()
    assert heard([*PACKETS]) == [decoder.decode(payload) for payload in PACKETS]


def test_a_lost_packet_leaves_no_hole() -> None:
    whole = heard([*PACKETS])
    frames = heard([*PACKETS[:20], None, *PACKETS[21:]])
    assert len(frames) == len(whole)
    assert level(frames[20]) > level(whole[20]) / 2
    assert frames[:20] == whole[:20]


def test_after_the_last_packet_it_fades_out() -> None:
    frames = heard([*PACKETS], until_ms=20 * len(PACKETS) + HOLD_MS + 20)
    assert len(frames) == len(PACKETS) + HOLD_MS / 20 + 1
    assert level(frames[-1]) < level(frames[len(PACKETS) - 1]) / 20


@pytest.mark.parametrize("noise", [b"\xff\xff\xff\xff", b"\x4b\x3f\0"])
def test_a_packet_that_is_no_opus_is_as_good_as_lost(noise: bytes) -> None:
    frames = heard([*PACKETS[:20], noise, *PACKETS[21:]])
    assert len(frames) == len(PACKETS)
    assert {len(frame) for frame in frames} == {FRAME_BYTES}


def test_packets_of_other_lengths_still_make_frames_of_20_ms() -> None:
    stream = SpeechStream()
    # 10 ms of CELT, which decodes for whatever bytes follow.
    short = bytes([30 << 3]) + bytes(20)
    for number in range(5):
        stream.add(Packet(SSRC, number, 480 * number, short), 10.0 * number)
    assert [len(frame) for frame in stream.frames(40)] == [FRAME_BYTES] * 2


def test_what_became_of_its_packets_is_told_once() -> None:
    stream = SpeechStream()
    for number in (0, 1, 3):
        stream.add(packet(number, payload=PACKETS[number]), 20.0 * number)
        stream.frames(20.0 * number)
    stream.frames(60 + MIN_WAIT_MS)
    tally = stream.take_tally()
    assert (tally.received, tally.lost, tally.recovered) == (3, 1, 1)
    assert stream.take_tally() == Tally()


def test_it_has_the_deadlines_of_its_buffer() -> None:
    stream = SpeechStream(SSRC)
    assert stream.deadline_ms is None
    stream.add(packet(0, payload=PACKETS[0]), 0)
    stream.frames(0)
    assert stream.deadline_ms == 20 + HOLD_MS
    stream.add(packet(2, payload=PACKETS[2]), 40)
    assert stream.frames(40) == []
    assert stream.deadline_ms == pytest.approx(40 + MIN_WAIT_MS)
