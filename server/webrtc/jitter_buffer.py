"""Packets as the network brings them, into speech in order. Pure: it is told what time it is.

The listener is a recogniser, which unlike a loudspeaker needs no sample every millisecond. So nothing is
held to make the flow even: a packet that is next is given out as it arrives, without delay. Only a gap makes
what follows wait, up to a deadline, since the missing packet may merely be late; then the gap is filled, from
the next packet's FEC where it has any, and all that waited is given out at once. So no loss leaves a delay
behind. How long a gap is waited for follows the lateness seen: it grows with the first packet that came too
late, and decays over seconds.

Where packets stop altogether, they are waited for longer: a network that stalls mostly delivers them in the
end, and a pause that nobody made may end the caller's turn. Past that, concealment is given out in real time:
a caller who stopped sending is silent. Late packets are then still taken, for nobody's time was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.webrtc.opus_packet import CLOCK_HZ, TICKS_PER_MS, duration_ticks, is_silence
from server.webrtc.tally import Tally

FRAME_MS = 20
FRAME_TICKS = FRAME_MS * TICKS_PER_MS
# Concealment has this grain, the shortest Opus frame.
GRAIN_TICKS = CLOCK_HZ * 25 // 10_000

# Reordering moves packets by milliseconds: until one more packet has come.
MIN_WAIT_MS = 20.0
# What waits here is late for the end of a turn.
MAX_WAIT_MS = 100.0
MARGIN_MS = 5.0
# Back to the minimum with a time constant of 10 s.
DECAY_PACKETS = 500

# Wi-Fi scans and roams stall for up to 300 ms; an endpointer's own silence is 500 ms.
HOLD_MS = 400.0
# A sender that said it pauses is believed; its next packet may come 400 ms later.
SILENCE_HOLD_MS = 60.0
# Twice the longest silence that a turn is ever waited for.
MAX_FILL_MS = 10_000.0
# A longer step in the sender's clock is a jump, not a gap.
MAX_GAP_TICKS = 2 * CLOCK_HZ

# RFC 3550 appendix A.1: how far a sequence number may be ahead or behind.
MAX_DROPOUT = 3000
MAX_MISORDER = 100
# A sequence or source that begins anew is believed when the old one has stopped; a replay comes meanwhile.
RESTART_MS = 500.0
# All that a gap's longest wait lets in, of the shortest packets: more is a flood.
MAX_HELD = 64


@dataclass(frozen=True, slots=True)
class Packet:
    """What matters of an RTP packet."""

    ssrc: int
    sequence: int
    timestamp: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Play:
    """Decode this packet."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Recover:
    """Decode the lost packet before this one, of `ticks` at 48 kHz, from the copy that this one carries."""

    payload: bytes
    ticks: int


@dataclass(frozen=True, slots=True)
class Conceal:
    """Make up `ticks` at 48 kHz: one frame at most."""

    ticks: int


Step = Play | Recover | Conceal


class JitterBuffer:
    """One stream. After each `add`, and whenever `deadline_ms` has come, `steps` says what to play.

    With an `ssrc`, packets of any other are ignored; without, the first source is listened to until it stops.
    """

    def __init__(self, ssrc: int | None = None) -> None:
        self._given_ssrc = ssrc
        self._ssrc = ssrc
        self._next: int | None = None
        self._end_ticks = 0
        self._held: dict[int, tuple[Packet, float]] = {}
        self._given_up: dict[int, float] = {}
        self._wait_ms = MIN_WAIT_MS
        self._arrived_ms = 0.0
        self._due_ms = 0.0
        self._hold_ms = HOLD_MS
        self._filled_ms = 0.0
        self._tally = Tally()

    @property
    def wait_ms(self) -> float:
        """How long a gap is waited for at present."""
        return self._wait_ms

    @property
    def deadline_ms(self) -> float | None:
        """When `steps` is to be asked even if nothing arrives; None: no need."""
        if self._held:
            return self._gap_began_ms() + self._wait_ms
        if self._next is None or self._filled_ms >= MAX_FILL_MS:
            return None
        return self._due_ms + max(self._hold_ms, self._filled_ms + FRAME_MS)

    def add(self, packet: Packet, now_ms: float) -> None:
        """Take a packet that has arrived."""
        number = self._number(packet, now_ms)
        if number is None or number in self._held:
            return
        self._tally.received += 1
        self._note_lateness(number, now_ms)
        if self._next is not None and number >= self._next:
            self._held[number] = packet, now_ms
            self._arrived_ms = now_ms

    def steps(self, now_ms: float) -> list[Step]:
        """Return what is to be played now, in order."""
        steps: list[Step] = []
        while self._held:
            if self._next not in self._held:
                if now_ms < self._gap_began_ms() + self._wait_ms and len(self._held) <= MAX_HELD:
                    return steps
                steps += self._give_up()
            steps += self._release(now_ms)
        steps += self._fill(now_ms)
        return steps

    def take_tally(self) -> Tally:
        """Return what became of the packets since it was last asked."""
        tally, self._tally = self._tally, Tally()
        return tally

    def _number(self, packet: Packet, now_ms: float) -> int | None:
        """Return the packet's number, which does not wrap around, or None where it is not of this stream."""
        if self._next is None and self._ssrc in (None, packet.ssrc):
            return self._start(packet)
        if self._next is not None and packet.ssrc == self._ssrc:
            ahead = _signed(packet.sequence - self._next, 16)
            if -MAX_MISORDER <= ahead < MAX_DROPOUT:
                return self._next + ahead
        if self._next is None or self._given_ssrc not in (None, packet.ssrc):
            return None
        return self._start(packet) if now_ms >= self._arrived_ms + RESTART_MS else None

    def _start(self, packet: Packet) -> int:
        self._ssrc = packet.ssrc
        self._next = packet.sequence
        self._end_ticks = packet.timestamp
        self._held.clear()
        self._given_up.clear()
        return self._next

    def _note_lateness(self, number: int, now_ms: float) -> None:
        """Wait longer from now on where this packet was missed."""
        began_ms = self._given_up.pop(number, None)
        self._tally.late += began_ms is not None
        if self._held and number < max(self._held):
            began_ms = self._gap_began_ms()
        if began_ms is not None:
            needed_ms = min(now_ms - began_ms + MARGIN_MS, MAX_WAIT_MS)
            self._wait_ms = max(self._wait_ms, needed_ms)

    def _gap_began_ms(self) -> float:
        return min(arrived_ms for _, arrived_ms in self._held.values())

    def _give_up(self) -> Iterator[Step]:
        """Fill the gap before the first packet that is held."""
        assert self._next is not None
        first = min(self._held)
        missing = range(self._next, first)[-MAX_HELD:]
        self._given_up = dict.fromkeys(missing, self._gap_began_ms())
        self._tally.lost += first - self._next
        self._next = first
        packet, _ = self._held[first]
        gap, copied = self._gap_ticks(packet), duration_ticks(packet.payload)
        if not 0 < copied <= gap:
            return
        yield from self._conceal(gap - copied)
        yield Recover(packet.payload, copied)
        self._tally.recovered += 1
        self._end_ticks += gap

    def _release(self, now_ms: float) -> Iterator[Step]:
        assert self._next is not None
        packet, arrived_ms = self._held.pop(self._next)
        self._next += 1
        ticks = duration_ticks(packet.payload)
        if not ticks:
            return
        yield from self._conceal(self._gap_ticks(packet))
        yield Play(packet.payload)
        self._tally.waited(now_ms - arrived_ms)
        self._end_ticks = packet.timestamp + ticks
        self._due_ms = arrived_ms + ticks / TICKS_PER_MS
        self._hold_ms = SILENCE_HOLD_MS if is_silence(packet.payload) else HOLD_MS
        self._filled_ms = 0.0
        self._wait_ms += (MIN_WAIT_MS - self._wait_ms) / DECAY_PACKETS

    def _gap_ticks(self, packet: Packet) -> int:
        """Return what is missing before `packet`: nothing where the sender's clock has jumped."""
        gap = _signed(packet.timestamp - self._end_ticks, 32)
        return gap if 0 < gap <= MAX_GAP_TICKS else 0

    def _fill(self, now_ms: float) -> Iterator[Step]:
        """Keep the listener's time going where nothing arrives any more."""
        deadline_ms = self.deadline_ms
        if deadline_ms is None or now_ms < deadline_ms:
            return
        until_ms = min(now_ms - self._due_ms, MAX_FILL_MS)
        frames = max(int((until_ms - self._filled_ms) / FRAME_MS), 1)
        # What a sender leaves out who said that it pauses is nobody's loss.
        yield from self._conceal(frames * FRAME_TICKS, counted=self._hold_ms == HOLD_MS)
        self._filled_ms += frames * FRAME_MS
        self._end_ticks += frames * FRAME_TICKS

    def _conceal(self, ticks: int, *, counted: bool = True) -> Iterator[Step]:
        ticks -= ticks % GRAIN_TICKS
        while ticks > 0:
            self._tally.concealed += counted
            yield Conceal(min(ticks, FRAME_TICKS))
            ticks -= FRAME_TICKS


def _signed(difference: int, bits: int) -> int:
    """Return the shortest way from one wrapping number to another."""
    half = 1 << (bits - 1)
    return (difference + half) % (2 * half) - half
