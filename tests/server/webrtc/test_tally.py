from __future__ import annotations

from server.webrtc.jitter_buffer import HOLD_MS, JitterBuffer
from server.webrtc.tally import MAX_DELAYS, Fate, Tally
from tests.server.webrtc.network import Arrival, packet, play


def _tally(arrivals: list[Arrival], until_ms: float = 0) -> Tally:
    buffer = JitterBuffer()
    play(buffer, arrivals, until_ms)
    return buffer.take_tally()


def test_what_comes_in_order_is_received_without_delay() -> None:
    tally = _tally([(20.0 * number, packet(number)) for number in range(5)])
    assert tally.fates() == {fate: 5 if fate is Fate.RECEIVED else 0 for fate in Fate}
    assert tally.delays_ms == [0.0] * 5


def test_a_packet_that_is_missing_is_lost_and_recovered() -> None:
    tally = _tally([(20.0 * number, packet(number)) for number in (0, 1, 3, 4)], 200)
    assert (tally.received, tally.lost, tally.recovered, tally.late) == (4, 1, 1, 0)
    assert max(tally.delays_ms) > 0


def test_one_that_comes_after_all_is_late() -> None:
    tally = _tally([*[(20.0 * n, packet(n)) for n in (0, 1, 3, 4, 5)], (105.0, packet(2))], 200)
    assert (tally.received, tally.lost, tally.late) == (6, 1, 1)


def test_a_stall_is_concealed() -> None:
    assert _tally([(0.0, packet(0))], HOLD_MS + 200).concealed > 5


def test_delays_are_bounded() -> None:
    tally = Tally()
    for _ in range(2 * MAX_DELAYS):
        tally.waited(1.0)
    assert len(tally.delays_ms) == MAX_DELAYS
