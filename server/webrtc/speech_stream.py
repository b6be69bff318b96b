"""A stream of Opus packets, as the network brings them, into frames of speech."""

from __future__ import annotations

from antiphon.errors import InvalidInput
from server.webrtc.jitter_buffer import Conceal, JitterBuffer, Packet, Play, Recover, Step
from server.webrtc.opus import FRAME_BYTES, RATE_HZ, Decoder
from server.webrtc.opus_packet import CLOCK_HZ, duration_ticks
from server.webrtc.tally import Tally

TICKS_PER_SAMPLE = CLOCK_HZ // RATE_HZ


class SpeechStream:
    """A jitter buffer and the decoder behind it. Like the buffer, it is told what time it is."""

    def __init__(self, ssrc: int | None = None) -> None:
        self._buffer = JitterBuffer(ssrc)
        self._decoder = Decoder()
        self._rest = b""

    @property
    def deadline_ms(self) -> float | None:
        """When `frames` is to be asked even if nothing arrives."""
        return self._buffer.deadline_ms

    def add(self, packet: Packet, now_ms: float) -> None:
        """Take a packet that has arrived."""
        self._buffer.add(packet, now_ms)

    def take_tally(self) -> Tally:
        """Return what became of the packets since it was last asked."""
        return self._buffer.take_tally()

    def frames(self, now_ms: float) -> list[bytes]:
        """Return what can be heard now, in frames of 20 ms of int16 samples at 24 kHz."""
        steps = self._buffer.steps(now_ms)
        pcm = self._rest + b"".join(map(self._samples, steps))
        whole = len(pcm) - len(pcm) % FRAME_BYTES
        self._rest = pcm[whole:]
        return [pcm[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES)]

    def _samples(self, step: Step) -> bytes:
        try:
            match step:
                case Play(payload):
                    return self._decoder.decode(payload)
                case Recover(payload, ticks):
                    return self._decoder.recover(payload, ticks // TICKS_PER_SAMPLE)
                case Conceal(ticks):
                    return self._decoder.conceal(ticks // TICKS_PER_SAMPLE)
        except InvalidInput:
            # A packet that is no Opus is as good as lost.
            return self._decoder.conceal(_ticks(step) // TICKS_PER_SAMPLE)


def _ticks(step: Step) -> int:
    return duration_ticks(step.payload) if isinstance(step, Play) else step.ticks
