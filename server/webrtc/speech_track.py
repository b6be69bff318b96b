"""What the caller hears: frames of speech, or silence, one packet every 20 ms."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from server.webrtc.opus import FRAME_BYTES, FRAME_MS, Encoder
from server.webrtc.opus_packet import CLOCK_HZ, TICKS_PER_MS

FRAME_TICKS = FRAME_MS * TICKS_PER_MS
TIME_BASE = Fraction(1, CLOCK_HZ)
# What has been handed over is heard, so no more than covers a late wake-up of the loop.
MAX_QUEUED_BYTES = 3 * FRAME_BYTES
# A loop that was blocked for longer does not catch up: the listener has heard the gap already.
MAX_LATE_FRAMES = 5
SILENCE = bytes(FRAME_BYTES)
# The encoder's answer to silence no longer changes after 5 frames (libopus 1.3), so it is not asked again.
SETTLED_FRAMES = 10


class SpeechTrack(MediaStreamTrack):
    """Encodes by itself, into mono speech with in-band FEC: aiortc is given packets and only sends them."""

    kind = "audio"

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder
        self._queued = bytearray()
        self._room = asyncio.Event()
        self._flushes = 0
        self._origin_s: float | None = None
        self._frames = 0
        self._silent_frames = 0
        self._silence = b""

    async def put(self, pcm: bytes) -> None:
        """Queue int16 samples at 24 kHz, waiting while the queue is full.

        A flush while it waits drops the rest; a track that is stopped drops all.
        """
        flushes = self._flushes
        while pcm:
            while len(self._queued) >= MAX_QUEUED_BYTES and self.readyState == "live":
                self._room.clear()
                await self._room.wait()
            if self._flushes != flushes or self.readyState != "live":
                return
            room = MAX_QUEUED_BYTES - len(self._queued)
            self._queued += pcm[:room]
            pcm = pcm[room:]

    def flush(self) -> None:
        """Drop what is queued: the next packet is silent."""
        self._flushes += 1
        self._queued.clear()
        self._room.set()

    async def drain(self) -> None:
        """Return once all that was put has been sent."""
        while self._queued and self.readyState == "live":
            self._room.clear()
            await self._room.wait()

    def stop(self) -> None:
        """End the track; whoever waits to put is let go."""
        super().stop()
        self._room.set()

    async def recv(self) -> av.Packet[Any]:
        """Return the next packet when it is due; called by aiortc."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._until_due()
        packet = av.Packet(self._encode(self._take()))
        packet.pts = self._frames * FRAME_TICKS
        packet.time_base = TIME_BASE
        self._frames += 1
        return packet

    async def _until_due(self) -> None:
        """Wait for the next frame's time, counted from the first one's, so that no error adds up."""
        now_s = asyncio.get_running_loop().time()
        if self._origin_s is None:
            self._origin_s = now_s
        late_s = now_s - self._origin_s - self._frames * FRAME_MS / 1000
        if late_s < 0:
            await asyncio.sleep(-late_s)
        elif late_s > MAX_LATE_FRAMES * FRAME_MS / 1000:
            self._frames += int(late_s * 1000 / FRAME_MS)

    def _take(self) -> bytes | None:
        """Return the next frame, filled up with silence; None: there is nothing to say."""
        if not self._queued:
            return None
        frame = bytes(self._queued[:FRAME_BYTES])
        del self._queued[:FRAME_BYTES]
        self._room.set()
        return frame.ljust(FRAME_BYTES, b"\0")

    def _encode(self, frame: bytes | None) -> bytes:
        if frame is not None:
            self._silent_frames = 0
            return self._encoder.encode(frame)
        if self._silent_frames < SETTLED_FRAMES:
            self._silent_frames += 1
            self._silence = self._encoder.encode(SILENCE)
        return self._silence
