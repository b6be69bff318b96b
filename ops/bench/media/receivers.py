"""Receive paths, packets in and samples out, driven in sample time: the product's, and stock aiortc's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket
from av import AudioFrame

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, decode, resample
from ops.bench.media.network import Arrival, sent_ms
from server.webrtc.jitter_buffer import FRAME_TICKS
from server.webrtc.opus import RATE_HZ
from server.webrtc.opus_packet import CLOCK_HZ
from server.webrtc.speech_stream import SpeechStream

# What RTCRtpReceiver makes for audio (aiortc 1.16).
STOCK_CAPACITY = 16
STOCK_PREFETCH = 4


@dataclass(frozen=True, slots=True)
class Received:
    """Samples at 16 kHz, and for each frame given out which it was and when it came."""

    samples: Int16
    frames: Sequence[tuple[int, float]]

    @property
    def delays_ms(self) -> list[float]:
        """How long after it left the microphone each frame came, without the network's own fixed delay."""
        return [at_ms - sent_ms(index) for index, at_ms in self.frames]


Receive = Callable[[Sequence[Arrival]], Received]


def ours(arrivals: Sequence[Arrival]) -> Received:
    """Return what the product makes of `arrivals`."""
    stream = SpeechStream()
    frames: list[bytes] = []
    times: list[float] = []

    def give_out(now_ms: float) -> None:
        given = stream.frames(now_ms)
        frames.extend(given)
        times.extend([now_ms] * len(given))

    for now_ms, packet in arrivals:
        while (deadline_ms := stream.deadline_ms) is not None and deadline_ms < now_ms:
            give_out(deadline_ms)
        stream.add(packet, now_ms)
        give_out(now_ms)
    samples = decode(b"".join(frames), Encoding.PCM_S16LE)
    # Every 20 ms of the sender is given out once, so the n-th frame is packet n.
    first = arrivals[0][1].timestamp // FRAME_TICKS if arrivals else 0
    return Received(
        resample(samples, RATE_HZ, RECOGNITION_RATE_HZ),
        [(first + index, at_ms) for index, at_ms in enumerate(times)],
    )


def stock(arrivals: Sequence[Arrival]) -> Received:
    """Return what aiortc makes of `arrivals`, with its own jitter buffer and PyAV's decoder."""
    buffer = JitterBuffer(capacity=STOCK_CAPACITY, prefetch=STOCK_PREFETCH)
    decoder = OpusDecoder()
    heard: list[Int16] = []
    times: list[tuple[int, float]] = []
    for now_ms, packet in arrivals:
        rtp = RtpPacket(sequence_number=packet.sequence, timestamp=packet.timestamp)
        rtp._data = packet.payload  # type: ignore[attr-defined]
        _, encoded = buffer.add(rtp)
        if encoded is not None:
            heard += [_mono(frame) for frame in decoder.decode(encoded)]
            times.append((encoded.timestamp // FRAME_TICKS, now_ms))
    samples = np.concatenate([np.zeros(0, np.int16), *heard])
    return Received(resample(samples, CLOCK_HZ, RECOGNITION_RATE_HZ), times)


RECEIVERS: dict[str, Receive] = {"ours": ours, "stock": stock}


def _mono(frame: object) -> Int16:
    assert isinstance(frame, AudioFrame)
    interleaved = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
    return np.asarray(interleaved.mean(axis=1), np.int16)
