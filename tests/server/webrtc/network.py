"""A network in the tests' own time: packets arrive when they are told to, and timers fire between them."""

from __future__ import annotations

from collections.abc import Iterable

from server.webrtc.jitter_buffer import (
    FRAME_TICKS,
    Conceal,
    JitterBuffer,
    Packet,
    Play,
    Recover,
    Step,
)
from server.webrtc.opus_packet import duration_ticks

SSRC = 7
# A 20 ms SILK frame; what follows tells one packet from another.
TOC = bytes([9 << 3])

Arrival = tuple[float, Packet]


def packet(
    number: int, *, sequence: int = 0, timestamp: int = 0, payload: bytes | None = None
) -> Packet:
    """Return the packet with this number of a stream that began at `sequence` and `timestamp`."""
    return Packet(
        SSRC,
        (sequence + number) % 2**16,
        (timestamp + number * FRAME_TICKS) % 2**32,
        payload if payload is not None else TOC + number.to_bytes(4, "big"),
    )


def number_of(payload: bytes) -> int:
    """Return which packet of the stream it is."""
    return int.from_bytes(payload[1:], "big")


def play(
    buffer: JitterBuffer, arrivals: Iterable[Arrival], until_ms: float = 0
) -> list[tuple[float, Step]]:
    """Return each step and when it was given out."""
    given: list[tuple[float, Step]] = []

    def ask(now_ms: float) -> None:
        given.extend((now_ms, step) for step in buffer.steps(now_ms))

    def timers(now_ms: float) -> None:
        while (deadline_ms := buffer.deadline_ms) is not None and deadline_ms < now_ms:
            ask(deadline_ms)

    for now_ms, arrived in arrivals:
        timers(now_ms)
        buffer.add(arrived, now_ms)
        ask(now_ms)
    timers(until_ms)
    return given


def shown(step: Step) -> str:
    """Return a step as the tables of the tests have it: `3`, `fec 3` (the packet before 3), `plc 20`."""
    match step:
        case Play(payload):
            return str(number_of(payload))
        case Recover(payload, _):
            return f"fec {number_of(payload)}"
        case Conceal(ticks):
            return f"plc {ticks / 48:g}"


def ticks_of(step: Step) -> int:
    """Return how long a step lasts."""
    return duration_ticks(step.payload) if isinstance(step, Play) else step.ticks
