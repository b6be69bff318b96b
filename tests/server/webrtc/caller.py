"""A caller on the real loop and loopback: stock aiortc, as a client of ours would use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket
from av import AudioFrame

from server.conversation.line import Incoming
from server.webrtc.event_channel import LABEL
from server.webrtc.opus import Encoder
from server.webrtc.peer import Note, Peer
from server.webrtc.settings import WebRtcSettings
from server.webrtc.speech_track import SpeechTrack

# A test that hangs fails; nothing here takes a second on an idle machine.
PATIENCE_S = 30.0
# aioice, closed while it checks addresses, leaves a task behind.
SETTLE_S = 1.0


class Caller:
    """Offers one microphone and a data channel, none without a `label`; notes what it hears and is told."""

    channel: RTCDataChannel

    def __init__(self, *, label: str = LABEL) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.microphone = SpeechTrack(Encoder(32_000, 10))
        self.events: list[dict[str, Any]] = []
        self.levels: list[float] = []
        self.moved = asyncio.Event()
        self._hearing: set[asyncio.Task[None]] = set()
        self.connection.addTrack(self.microphone)
        self.connection.on("track", self._on_track)
        self.connection.on("iceconnectionstatechange", self.moved.set)
        self.connection.on("connectionstatechange", self.moved.set)
        if label:
            self._open_channel(label)

    def _open_channel(self, label: str) -> None:
        self.channel = self.connection.createDataChannel(label)
        self.channel.on("message", self._on_message)
        self.channel.on("open", self.moved.set)
        self.channel.on("close", self.moved.set)

    @property
    def is_ready(self) -> bool:
        """Whether its data channel is open, or its connection where it has none."""
        if self.connection.sctp is None:
            return self.connection.connectionState == "connected"
        return self.channel.readyState != "connecting"

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def until(self, told: Callable[[], object]) -> None:
        """Return once `told()` holds; it is asked again whenever something has come."""
        async with asyncio.timeout(PATIENCE_S):
            while not told():
                self.moved.clear()
                await self.moved.wait()

    async def send_rtp(self, packet: RtpPacket) -> None:
        """Send a packet as it is."""
        await self.connection.getSenders()[0].transport._send_rtp(packet.serialize())

    async def vanish(self) -> None:
        """Be gone without a word, as a phone that lost its network."""
        for sender in self.connection.getSenders():
            await sender.transport.transport._connection.close()

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self.until(lambda: self.connection.iceConnectionState != "checking")
        await self.connection.close()
        for task in self._hearing:
            task.cancel()
        await asyncio.gather(*self._hearing, return_exceptions=True)

    def _on_message(self, message: str) -> None:
        self.events.append(json.loads(message))
        self.moved.set()

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._hearing.add(asyncio.create_task(self._hear(track)))

    async def _hear(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                samples = frame.to_ndarray().astype(np.float32)
                self.levels.append(float(np.sqrt(np.mean(np.square(samples)))))
                self.moved.set()


@dataclass
class Call:
    """Both ends of a call, and what has come in at ours."""

    caller: Caller
    peer: Peer
    came: list[Incoming] = field(default_factory=list)

    @property
    def frames(self) -> list[bytes]:
        return [item for item in self.came if isinstance(item, bytes)]

    @property
    def texts(self) -> list[str]:
        return [item for item in self.came if isinstance(item, str)]

    async def listen(self) -> None:
        """Take what comes in until the caller hangs up or is lost."""
        async for item in self.peer.incoming():
            self.came.append(item)
            self.caller.moved.set()

    async def until(self, told: Callable[[], object]) -> None:
        await self.caller.until(told)


@asynccontextmanager
async def connected(
    caller: Caller | None = None,
    settings: WebRtcSettings | None = None,
    note: Note | None = None,
) -> AsyncIterator[Call]:
    """Have a call whose data channel, if any, is open; both ends are closed after it."""
    caller = caller or Caller()
    peer = await Peer.answer(await caller.offer(), settings or WebRtcSettings(), note)
    try:
        await caller.accept(peer.sdp)
        await caller.until(lambda: caller.is_ready)
        yield Call(caller, peer)
    finally:
        await peer.close()
        await caller.close()
