from __future__ import annotations

import numpy as np
import pytest

from antiphon.errors import InvalidInput, Misconfigured
from server.webrtc import opus
from server.webrtc.opus import FRAME_BYTES, FRAME_SAMPLES, Decoder, Encoder
from tests.server.webrtc.sound import encoded, framed, glide, level, samples

VOICE = glide(1.0)
LOST = 30


def error(got: bytes, wanted: bytes) -> float:
    """Return the level of the difference over that of the sound."""
    return level((samples(got) - samples(wanted)).astype("<i2").tobytes()) / level(wanted)


def test_speech_comes_out_as_it_went_in_but_for_the_codecs_delay() -> None:
    decoder = Decoder()
    heard = b"".join(map(decoder.decode, encoded(VOICE)))
    assert len(heard) == len(VOICE)
    likeness = {
        lag: np.corrcoef(samples(heard)[lag:], samples(VOICE)[:-lag])[0, 1] for lag in range(1, 480)
    }
    best = max(likeness, key=lambda lag: likeness[lag])
    # The codec's delay is 6.5 ms (RFC 6716 section 2), and not quite the same at every pitch.
    assert best == pytest.approx(156, abs=12)
    assert likeness[best] > 0.8


def test_a_packet_holds_the_asked_for_bits() -> None:
    packets = encoded(VOICE)
    kbps = sum(map(len, packets)) * 8 / 1000
    assert 24 < kbps < 40


def test_the_frame_before_is_recovered_better_than_it_is_made_up() -> None:
    packets = encoded(VOICE)
    whole, recovering, concealing = Decoder(), Decoder(), Decoder()
    for packet in packets[:LOST]:
        for decoder in (whole, recovering, concealing):
            decoder.decode(packet)
    wanted = whole.decode(packets[LOST])
    recovered = recovering.recover(packets[LOST + 1], FRAME_SAMPLES)
    concealed = concealing.conceal(FRAME_SAMPLES)
    assert len(recovered) == len(concealed) == FRAME_BYTES
    assert error(recovered, wanted) < 0.6 * error(concealed, wanted)


def test_concealment_fades_out() -> None:
    decoder = Decoder()
    for packet in encoded(VOICE):
        last = decoder.decode(packet)
    concealed = [decoder.conceal(FRAME_SAMPLES) for _ in range(25)]
    assert level(concealed[0]) > level(last) / 4
    assert level(concealed[-1]) < level(last) / 20


def test_without_fec_in_the_packet_the_frame_before_is_made_up() -> None:
    plain = Encoder(32_000, 0)
    packets = [plain.encode(frame) for frame in framed(VOICE)]
    one, other = Decoder(), Decoder()
    for packet in packets[:LOST]:
        one.decode(packet)
        other.decode(packet)
    assert one.recover(packets[LOST + 1], FRAME_SAMPLES) == other.conceal(FRAME_SAMPLES)


def test_a_frame_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a frame of 4 bytes, not of 960"):
        Encoder(32_000, 10).encode(bytes(4))


@pytest.mark.parametrize("payload", [b"", b"\xff\xff\xff", bytes([3])])
def test_what_is_no_packet_is_refused_and_the_stream_goes_on(payload: bytes) -> None:
    decoder = Decoder()
    packets = encoded(VOICE)
    decoder.decode(packets[0])
    if payload:
        with pytest.raises(InvalidInput, match="Opus: corrupted stream"):
            decoder.decode(payload)
    assert len(decoder.decode(packets[1])) == FRAME_BYTES


def test_a_machine_without_the_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opus, "LIBRARY", "libopus.so.none")
    opus.load.cache_clear()
    try:
        with pytest.raises(Misconfigured, match=r"libopus.so.none is not there.* libopus0"):
            opus.load()
    finally:
        monkeypatch.undo()
        opus.load.cache_clear()
