"""WebRTC's echo canceller (AEC3), which finds the echo's delay by itself, as LiveKit's library builds it.

0.17 ms of a core for 10 ms of audio, at any of our rates, and 0.4 MB a caller.
"""

from __future__ import annotations

import logging

import numpy as np
from livekit.rtc import AudioFrame, AudioProcessingModule

from antiphon.audio import Int16

# It tells at INFO that it has begun.
logging.getLogger("livekit").setLevel(logging.WARNING)


class EchoCanceller:
    """A `Canceller` of one caller's."""

    def __init__(self) -> None:
        self._apm = AudioProcessingModule(echo_cancellation=True)

    def cancel(self, heard: Int16, heard_hz: int, played: Int16, played_hz: int) -> Int16:
        """See `Canceller`."""
        self._apm.process_reverse_stream(_frame(played, played_hz))
        frame = _frame(heard, heard_hz)
        self._apm.process_stream(frame)
        return np.frombuffer(frame.data, np.int16)


def _frame(samples: Int16, rate_hz: int) -> AudioFrame:
    return AudioFrame(bytearray(samples.tobytes()), rate_hz, 1, len(samples))
