"""Hands a reply's audio to the transport at the pace at which it is heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from antiphon.audio import SAMPLE_BYTES
from server.realtime.session_config import WireFormat

# The frame of Opus and of telephony.
FRAME_MS = 20
# What a ducked reply may go back for: the longest word, and what was ahead of the ear.
KEPT_MS = 4000
# Times closer than this are the same: a sleep so short may not move a clock of floats.
SAME_MS = 0.01

Send = Callable[[bytes], Awaitable[None]]


class _Frame(NamedTuple):
    audio: bytes
    start_ms: float
    duration_ms: float


class Playout:
    """One reply's audio, at most `lead_ms` ahead of the ear.

    `duck` holds it from the next frame on and `unduck` lets it go on; `stop` ends it for good. One
    task plays: `play`, `flush` and `drain` do not overlap.
    """

    def __init__(self, send: Send, wire: WireFormat, lead_ms: float) -> None:
        self._send = send
        self._frame_bytes = wire.rate_hz * FRAME_MS // 1000 * SAMPLE_BYTES[wire.encoding]
        # A frame is sent when the one before it has been heard, at the latest.
        self._lead_ms = max(lead_ms, FRAME_MS)
        self._rest = b""
        self._waiting: deque[_Frame] = deque()
        self._past: deque[_Frame] = deque(maxlen=KEPT_MS // FRAME_MS)
        self._taken_ms = 0.0
        self._origin_s: float | None = None
        self._sent_ms = 0.0
        self._stopped_at_ms: float | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()

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
            self._take(audio[start : start + self._frame_bytes])
        await self._send_waiting()

    async def flush(self) -> None:
        """Send what is left of the last frame."""
        frame, self._rest = self._rest, b""
        if frame:
            self._take(frame)
        await self._send_waiting()

    async def drain(self) -> None:
        """Return once all that was taken has been heard."""
        while self._stopped_at_ms is None:
            await self._send_waiting()
            await self._flowing.wait()
            ahead_ms = self._sent_ms - self.heard_ms
            if ahead_ms <= SAME_MS and not self._waiting:
                return
            await asyncio.sleep(ahead_ms / 1000)

    def duck(self) -> None:
        """Hold from the next frame on."""
        self._flowing.clear()

    def unduck(self, from_ms: float) -> None:
        """Go on from `from_ms`, or from as far back as is kept."""
        again = [frame for frame in self._past if frame.start_ms + frame.duration_ms > from_ms]
        for frame in reversed(again):
            self._waiting.appendleft(frame)
            self._past.pop()
        if again:
            self._sent_ms = again[0].start_ms
        if self._origin_s is not None:
            self._origin_s = self._now() - self._sent_ms / 1000
        self._flowing.set()

    def stop(self) -> None:
        """Send nothing more. What was sent ahead counts as heard only as far as time has passed."""
        self._stopped_at_ms = self.heard_ms
        self._waiting.clear()
        self._flowing.set()

    def _take(self, audio: bytes) -> None:
        duration_ms = FRAME_MS * len(audio) / self._frame_bytes
        self._waiting.append(_Frame(audio, self._taken_ms, duration_ms))
        self._taken_ms += duration_ms

    async def _send_waiting(self) -> None:
        while self._waiting and self._stopped_at_ms is None:
            await self._flowing.wait()
            if self._waiting:
                await self._send_due(self._waiting[0])

    async def _send_due(self, frame: _Frame) -> None:
        early_ms = self._ahead_ms() + frame.duration_ms - self._lead_ms
        if early_ms > SAME_MS:
            # Only time passes here: whoever ducks or stops meanwhile is looked for again.
            await asyncio.sleep(early_ms / 1000)
            return
        self._past.append(self._waiting.popleft())
        self._sent_ms = frame.start_ms + frame.duration_ms
        await self._send(frame.audio)

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
