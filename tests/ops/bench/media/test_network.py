from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest

from ops.bench.media.network import BURST_PACKETS, Loss, arrivals, lost, sent_ms, travel

COUNT = 100_000


@pytest.mark.parametrize("burst", [1.0, BURST_PACKETS])
@pytest.mark.parametrize("percent", [0, 1, 10])
def test_as_much_is_lost_as_was_asked_for(percent: float, burst: float) -> None:
    gone = lost(COUNT, Loss(percent, burst), np.random.default_rng(0))
    assert 100 * gone.mean() == pytest.approx(percent, rel=0.1)


@pytest.mark.parametrize(("burst", "mean"), [(1.0, 1.11), (3.0, 3.0)])
def test_losses_come_alone_or_in_bursts(burst: float, mean: float) -> None:
    gone = lost(COUNT, Loss(10, burst), np.random.default_rng(0))
    runs = [len(list(run)) for bad, run in groupby(gone) if bad]
    assert np.mean(runs) == pytest.approx(mean, rel=0.05)


def test_none_overtakes_another_and_none_comes_before_it_was_sent() -> None:
    payloads = [bytes([number]) for number in range(200)]
    found = travel(payloads, Loss(5), seed=1)
    assert all(one <= other for (one, _), (other, _) in pairwise(found))
    assert all(at_ms >= sent_ms(packet.sequence) for at_ms, packet in found)
    assert all(packet.payload == payloads[packet.sequence] for _, packet in found)


def test_the_same_seed_is_the_same_network() -> None:
    payloads = [b"x"] * 100
    assert travel(payloads, Loss(5), 1) == travel(payloads, Loss(5), 1)
    assert travel(payloads, Loss(5), 1) != travel(payloads, Loss(5), 2)


def test_a_lost_packet_does_not_arrive() -> None:
    found = arrivals([b"a", b"b", b"c"], np.array([False, True, False]), np.zeros(3))
    assert [(at_ms, packet.sequence) for at_ms, packet in found] == [(20, 0), (60, 2)]
