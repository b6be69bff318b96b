"""What a loudspeaker plays, and when it is silent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.audio import Encoding, Int16, encode
from ops.bench.calls.loudspeaker import Listened, Loudspeaker
from ops.bench.calls.record import RATE_HZ


def tone(ms: float, level: int = 8000) -> Int16:
    return np.full(round(ms * RATE_HZ / 1000), level, np.int16)


def heard(loudspeaker: Loudspeaker, start_ms: float, end_ms: float) -> list[int]:
    """Return what sounds in the middle of each 10 ms."""
    audio = loudspeaker.between(start_ms, end_ms)
    return [int(sample) for sample in audio[RATE_HZ // 200 :: RATE_HZ // 100]]


def test_audio_sounds_when_it_comes_or_after_what_came_before() -> None:
    loudspeaker = Loudspeaker()
    loudspeaker.play(tone(20, 1), 10)
    loudspeaker.play(tone(10, 2), 15)
    loudspeaker.play(tone(10, 3), 60)
    assert heard(loudspeaker, 0, 80) == [0, 1, 1, 2, 0, 0, 3, 0]
    assert heard(loudspeaker, 20, 40) == [1, 2]


def test_what_is_cleared_is_not_heard() -> None:
    loudspeaker = Loudspeaker()
    loudspeaker.play(tone(40, 1), 0)
    loudspeaker.play(tone(40, 2), 0)
    loudspeaker.clear(20)
    loudspeaker.play(tone(10, 3), 30)
    assert heard(loudspeaker, 0, 60) == [1, 1, 0, 3, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=8))
def test_nothing_is_lost_and_nothing_doubled(pieces: list[tuple[int, int]]) -> None:
    loudspeaker = Loudspeaker()
    for at_ms, ms in sorted(pieces):
        loudspeaker.play(tone(ms, 1), at_ms)
    total_ms = sum(ms for _, ms in pieces)
    assert loudspeaker.between(0, 1000).sum() == round(total_ms * RATE_HZ / 1000)


def listened(*pieces: tuple[float, float, int]) -> Listened:
    """Return what was heard of (at, ms, level), in packets of 20 ms; full level until 1000 ms."""
    record = Listened()
    record.event({"type": "response.created", "response": {"id": "a"}}, 0)
    for at_ms, ms, level in ((0.0, 1000.0, 8000), *pieces):
        for packet in range(round(ms / 20)):
            record.audio(encode(tone(20, level), Encoding.PCM_S16LE), at_ms + packet * 20)
    return record


@pytest.mark.parametrize(
    ("record", "silent_ms"),
    [
        (listened(), 1000),
        (listened((1000, 200, 8000)), 1200),
        # Ducked by more and by less than 30 dB.
        (listened((1000, 200, 8000), (1200, 600, 200)), 1200),
        (listened((1000, 200, 8000), (1200, 600, 400)), 1800),
        # A gap between two words, and one that is long enough.
        (listened((1200, 200, 8000)), 1400),
        (listened((1300, 700, 8000)), 1000),
        (listened((1000, 1500, 8000)), None),
    ],
)
def test_silence_is_the_end_of_the_last_sound_before_it(
    record: Listened, silent_ms: float | None
) -> None:
    assert record.silent_ms(1000, 2400) == silent_ms


def test_what_is_cleared_is_silent_at_once() -> None:
    record = listened((1000, 600, 8000))
    record.event({"type": "output_audio_buffer.cleared"}, 1100)
    assert record.silent_ms(1000, 2400) == 1100
    assert record.stopped_ms == [1100]


def test_packets_after_the_decision_are_late() -> None:
    record = listened((1000, 100, 8000), (1500, 100, 8000))
    assert record.last_packet_after_decision_ms(1000) is None
    record.event({"type": "antiphon.state", "state": "listening"}, 500)
    record.event({"type": "antiphon.state", "state": "listening"}, 1050)
    record.event({"type": "antiphon.state", "state": "speaking"}, 1450)
    assert record.last_packet_after_decision_ms(1000) == 30
    assert record.last_packet_after_decision_ms(600) == 30
    record.event({"type": "antiphon.state", "state": "listening"}, 2000)
    assert record.last_packet_after_decision_ms(1100) == 0


def test_packets_of_silence_are_not_late() -> None:
    """As WebRTC has them, one every 20 ms, for ever."""
    record = listened((1000, 100, 8000), (1100, 900, 3))
    record.event({"type": "antiphon.state", "state": "listening"}, 1050)
    assert record.last_packet_after_decision_ms(1000) == 30
