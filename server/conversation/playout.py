"""Hands a reply's audio to the transport at the pace at which it is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from antiphon.audio import SAMPLE_BYTES
from server.realtime.session_config import WireFormat

# The frame of Opus and of telephony.
FRAME_MS = 20
# Room for a network's jitter; what is ahead cannot be taken back, so no more than that.
AHEAD_MS = 200.0

Send = Callable[[bytes], Awaitable[None]]


class Playout:
    """One reply's audio: `play` keeps at most AHEAD_MS ahead of the ear, `stop` silences at once."""

    def __init__(self, send: Send, wire: WireFormat) -> None:
        self._send = send
        self._frame_bytes = wire.rate_hz * FRAME_MS // 1000 * SAMPLE_BYTES[wire.encoding]
        self._rest = b""
        self._origin_s: float | None = None
        self._sent_ms = 0.0
        self._stopped_at_ms: float | None = None

    @property
    def heard_ms(self) -> float:
        """How much of the reply has been heard, were the transport without delay."""
        if self._stopped_at_ms is not None:
            return self._stopped_at_ms
        if self._origin_s is None:
            return 0.0
        return min(self._sent_ms, (self._now() - self._origin_s) * 1000)

    async def play(self, audio: bytes) -> None:
        """Send `audio` in frames of 20 ms, keeping what fills none; a stopped playout drops it."""
        audio = self._rest + audio
        whole = len(audio) - len(audio) % self._frame_bytes
        self._rest = audio[whole:]
        for start in range(0, whole, self._frame_bytes):
            await self._send_paced(audio[start : start + self._frame_bytes])

    async def flush(self) -> None:
        """Send what is left of the last frame."""
        frame, self._rest = self._rest, b""
        if frame:
            await self._send_paced(frame)

    async def drain(self) -> None:
        """Return once all that was sent has been heard."""
        if self._stopped_at_ms is None:
            await asyncio.sleep((self._sent_ms - self.heard_ms) / 1000)

    def stop(self) -> None:
        """Send nothing more. What was sent ahead counts as heard only as far as time has passed."""
        self._stopped_at_ms = self.heard_ms

    async def _send_paced(self, frame: bytes) -> None:
        duration_ms = FRAME_MS * len(frame) / self._frame_bytes
        if self._stopped_at_ms is None:
            await asyncio.sleep(max(self._ahead_ms() + duration_ms - AHEAD_MS, 0.0) / 1000)
        if self._stopped_at_ms is None:
            await self._send(frame)
            self._sent_ms += duration_ms

    def _ahead_ms(self) -> float:
        """Return how far the transport is ahead of the ear; start the ear's clock with the first frame."""
        now_s = self._now()
        if self._origin_s is None:
            self._origin_s = now_s
        ahead_ms = self._sent_ms - (now_s - self._origin_s) * 1000
        if ahead_ms < 0:
            # The voice was late and the ear heard a gap: the clock of what is heard stood still.
            self._origin_s -= ahead_ms / 1000
        return max(ahead_ms, 0.0)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
