"""The clips of a media benchmark, and as packets. Pure but for reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, encode, resample
from ops.bench.data import Clip, spread
from ops.bench.hearing.scores import SCORED_LANGUAGE
from server.webrtc.opus import FRAME_BYTES, RATE_HZ, Encoder
from server.webrtc.settings import WebRtcSettings

LONGEST_S = 15.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One clip as packets of 20 ms."""

    clip: Clip
    payloads: list[bytes]


def chosen(clips: Sequence[Clip], limit: int) -> list[Clip]:
    """Return at most `limit` clips: English, and short enough that all end in time."""
    fitting = [
        clip for clip in clips if clip.language == SCORED_LANGUAGE and clip.seconds <= LONGEST_S
    ]
    return spread(fitting, limit)


def send(clip: Clip, speech: Int16, after: Int16, settings: WebRtcSettings) -> Sent:
    """Return `speech`, at 16 kHz, and what comes after it, from the product's encoder."""
    return Sent(clip, packets(np.concatenate([speech, after]), settings))


def packets(speech: Int16, settings: WebRtcSettings) -> list[bytes]:
    """Return whole frames of `speech`, at 16 kHz, as Opus."""
    pcm = encode(resample(speech, RECOGNITION_RATE_HZ, RATE_HZ), Encoding.PCM_S16LE)
    encoder = Encoder(settings.bitrate_bps, settings.expected_loss_percent)
    starts = range(0, len(pcm) - len(pcm) % FRAME_BYTES, FRAME_BYTES)
    return [encoder.encode(pcm[start : start + FRAME_BYTES]) for start in starts]
