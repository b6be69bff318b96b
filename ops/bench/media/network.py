"""A network in sample time: which packets are lost, and when the others arrive. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.webrtc.jitter_buffer import FRAME_MS, FRAME_TICKS, Packet

SSRC = 1
# Queues along the way: 5 ms on average, and a packet in a hundred 23 ms or more. Order is kept.
MEAN_JITTER_MS = 5.0
# Gilbert (1960), the way losses come in Wi-Fi and cellular networks: three packets in a row on average.
BURST_PACKETS = 3.0

Arrival = tuple[float, Packet]


@dataclass(frozen=True, slots=True)
class Loss:
    """How many packets in a hundred are lost, and how many in a row on average."""

    percent: float
    burst_packets: float = 1.0


def lost(count: int, loss: Loss, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which of `count` packets are lost; one in a row: each by itself."""
    share = loss.percent / 100
    if loss.burst_packets <= 1:
        return rng.random(count) < share
    ends = 1 / loss.burst_packets
    begins = ends * share / (1 - share)
    bad = np.zeros(count, np.bool_)
    state = rng.random() < share
    for index, draw in enumerate(rng.random(count)):
        bad[index] = state
        state = draw >= ends if state else draw < begins
    return bad


def travel(payloads: Sequence[bytes], loss: Loss, seed: int) -> list[Arrival]:
    """Return what arrives when, the same for the same seed."""
    rng = np.random.default_rng(
        [seed, round(1000 * loss.percent), round(1000 * loss.burst_packets)]
    )
    gone = lost(len(payloads), loss, rng)
    return arrivals(payloads, gone, rng.exponential(MEAN_JITTER_MS, len(payloads)))


def arrivals(
    payloads: Sequence[bytes], lost: NDArray[np.bool_], late_ms: NDArray[np.float64]
) -> list[Arrival]:
    """Return what arrives when. A packet leaves when its last sample is there, and none overtakes another."""
    found: list[Arrival] = []
    now_ms = 0.0
    for index, payload in enumerate(payloads):
        if not lost[index]:
            now_ms = max(now_ms, sent_ms(index) + float(late_ms[index]))
            found.append((now_ms, Packet(SSRC, index % 2**16, index * FRAME_TICKS, payload)))
    return found


def sent_ms(index: int) -> float:
    """Return when the packet with this number leaves."""
    return float((index + 1) * FRAME_MS)
