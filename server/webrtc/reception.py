"""Gives a stream of speech its clock: packets in, frames out when they are due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from server.webrtc.jitter_buffer import Packet
from server.webrtc.speech_stream import SpeechStream


class Reception:
    """Calls `heard` with each frame of 20 ms, from within `receive` or later, until it is closed."""

    def __init__(self, stream: SpeechStream, heard: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def receive(self, packet: Packet) -> None:
        """Take a packet; one that comes after `close` is dropped."""
        if not self._closed:
            now_ms = self._loop.time() * 1000
            self._stream.add(packet, now_ms)
            self._give_out(now_ms)

    def close(self) -> None:
        """Give out nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _give_out(self, now_ms: float) -> None:
        for frame in self._stream.frames(now_ms):
            self._heard(frame)
        self._wake_at(self._stream.deadline_ms)

    def _wake_at(self, deadline_ms: float | None) -> None:
        """Have a timer that fires no later than the deadline.

        Each packet moves the deadline on. One timer that then fires too early, and looks again, is cheaper
        than a new one with every packet.
        """
        if deadline_ms is None:
            return
        if self._timer is not None:
            if self._timer.when() <= deadline_ms / 1000:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline_ms / 1000, self._on_timer, deadline_ms)

    def _on_timer(self, deadline_ms: float) -> None:
        self._timer = None
        # As seconds the deadline may be a rounding error earlier.
        self._give_out(max(self._loop.time() * 1000, deadline_ms))
