"""The data channel `oai-events`: one JSON text a message, both ways."""

from __future__ import annotations

import asyncio
from collections import deque

from aiortc import RTCDataChannel
from openai import BaseModel

from antiphon.errors import AntiphonError, Exhausted, InvalidInput
from server.conversation.line import LineLost
from server.realtime import server_events
from server.webrtc.inbox import Inbox

LABEL = "oai-events"
# What a session says before its caller's channel is open: a greeting's events are about 40. Past it there may
# never be one, as where a client offers it and opens none: the oldest are lost, and the call goes on.
MAX_EARLY_EVENTS = 256
# Past this, the caller's end does not read: a reply's events are some 20 KiB.
MAX_BUFFERED_BYTES = 256 * 1024


class EventChannel:
    """Sends once the caller has opened the channel, and puts what the caller sends into an inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._channel: RTCDataChannel | None = None
        self._early: deque[str] = deque()
        self.dropped_events = 0  # of those before it was open
        self._moved = asyncio.Event()
        self._closed = False

    def open(self, channel: RTCDataChannel) -> None:
        """Take the caller's channel; any but the first `oai-events` is closed again."""
        if channel.label != LABEL or self._channel is not None:
            channel.close()
            return
        self._channel = channel
        channel.bufferedAmountLowThreshold = MAX_BUFFERED_BYTES // 2
        channel.on("message", self._on_message)
        channel.on("close", self._on_close)
        channel.on("bufferedamountlow", self._moved.set)
        while self._early:
            self._transmit(channel, self._early.popleft())
        self._moved.set()

    def forgo(self) -> None:
        """Drop what is sent: the caller has offered no channel, and there will be none."""
        self._drop()

    async def send(self, event: BaseModel) -> None:
        """Send an event, waiting while the channel is not read; a closed channel drops it.

        It never waits for the channel to open: a reply's audio would wait behind it.
        """
        while self._full() and not self._closed:
            self._moved.clear()
            await self._moved.wait()
        self._say(event)

    async def close(self) -> None:
        """Close the channel once all that was sent has arrived, and return then."""
        if self._channel is not None:
            self._channel.close()
            while not self._closed:
                self._moved.clear()
                await self._moved.wait()
        self._drop()

    def _full(self) -> bool:
        return self._channel is not None and self._channel.bufferedAmount >= MAX_BUFFERED_BYTES

    def _say(self, event: BaseModel) -> None:
        if self._closed:
            return
        text = server_events.to_json(event)
        if self._channel is not None:
            self._transmit(self._channel, text)
        else:
            self._keep(text)

    def _keep(self, text: str) -> None:
        if len(self._early) >= MAX_EARLY_EVENTS:
            self._early.popleft()
            self.dropped_events += 1
        self._early.append(text)

    @staticmethod
    def _transmit(channel: RTCDataChannel, text: str) -> None:
        if channel.readyState != "open":
            return
        try:
            channel.send(text)
        except ValueError:
            problem = Exhausted(
                f"an event of {len(text)} characters is more than your data channel takes",
                reason="EVENT_TOO_LARGE",
            )
            channel.send(server_events.to_json(server_events.error(problem)))

    def _on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self._refuse(InvalidInput("events are JSON text, not binary", reason="BINARY_EVENT"))
        elif not self._inbox.put_event(message):
            self._refuse(
                Exhausted("too many events at once: this one is lost", reason="TOO_MANY_EVENTS")
            )

    def _refuse(self, problem: AntiphonError) -> None:
        """Tell the caller, unless it does not read."""
        if not self._full():
            self._say(server_events.error(problem))

    def _on_close(self) -> None:
        """Hang up where the caller closed the channel; it also closes when the line below it breaks."""
        self._drop()
        assert self._channel is not None
        alive = self._channel.transport.transport.state == "connected"
        self._inbox.end(None if alive else LineLost("the connection was closed below the channel"))

    def _drop(self) -> None:
        """Drop from now on what is to be sent; whoever waits is let go."""
        self._closed = True
        self._early.clear()
        self._moved.set()
