"""A benchmark's caller over WebRTC: stock aiortc, whose receiving buffer is part of what is measured."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from typing import Any

import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from ops.bench.calls.line import Event, Line
from ops.bench.services import Running
from server.access.installation_key import load
from server.webrtc.event_channel import LABEL
from server.webrtc.opus import FRAME_BYTES, FRAME_MS, Encoder
from server.webrtc.opus_packet import CLOCK_HZ, TICKS_PER_MS
from server.webrtc.settings import WebRtcSettings

# A minute's frames and events: whoever reads no more has stopped.
MAX_WAITING = 4096
CONNECT_S = 20.0


class Microphone(MediaStreamTrack):
    """Sends each frame the moment that it is given, as a browser does."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        settings = WebRtcSettings()
        self._encoder = Encoder(settings.bitrate_bps, settings.expected_loss_percent)
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._sent = 0

    def put(self, audio: bytes) -> None:
        """Take audio of whole frames."""
        for start in range(0, len(audio), FRAME_BYTES):
            self._frames.put_nowait(audio[start : start + FRAME_BYTES])

    async def recv(self) -> av.Packet[Any]:
        """Return the next frame's packet; called by aiortc."""
        packet = av.Packet(self._encoder.encode(await self._frames.get()))
        packet.pts, packet.time_base = self._sent * FRAME_MS * TICKS_PER_MS, Fraction(1, CLOCK_HZ)
        self._sent += 1
        return packet


class _Call:
    def __init__(self, lost_share: float) -> None:
        self._lost_share = lost_share
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._microphone = Microphone()
        self._came: asyncio.Queue[bytes | Event] = asyncio.Queue(MAX_WAITING)
        self._listening: asyncio.Task[None] | None = None
        self._open = asyncio.Event()
        self._connection.addTrack(self._microphone)
        self._connection.on("track", self._on_track)
        self._channel = self._connection.createDataChannel(LABEL)
        self._channel.on("open", self._open.set)
        self._channel.on("message", lambda text: self._came.put_nowait(json.loads(text)))

    async def connect(self, client: httpx.AsyncClient) -> None:
        await self._connection.setLocalDescription(await self._connection.createOffer())
        answered = await client.post(
            "/v1/realtime/calls",
            content=self._connection.localDescription.sdp,
            headers={"Content-Type": "application/sdp"},
        )
        answered.raise_for_status()
        answer = RTCSessionDescription(answered.text, "answer")
        await self._connection.setRemoteDescription(answer)
        if self._lost_share:
            self._lose()
        async with asyncio.timeout(CONNECT_S):
            await self._open.wait()

    async def hear(self, audio: bytes) -> None:
        self._microphone.put(audio)

    async def tell(self, event: Event) -> None:
        self._channel.send(json.dumps(event))

    async def received(self) -> AsyncIterator[bytes | Event]:
        while True:
            yield await self._came.get()

    async def close(self) -> None:
        await self._connection.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])

    def _lose(self) -> None:
        """Lose packets behind the sender, which numbers them: aiortc has no other place for it."""
        transport: Any = self._connection.getSenders()[0].transport
        send, chance = transport._send_rtp, random.Random(0)

        async def sometimes(packet: bytes) -> None:
            if chance.random() >= self._lost_share:
                await send(packet)

        transport._send_rtp = sometimes

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                self._came.put_nowait(_mono(frame))


def _mono(frame: av.AudioFrame) -> bytes:
    """Return a frame at 24 kHz: what was sent at that rate has nothing above it to be filtered out."""
    samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
    return np.ascontiguousarray(samples[:: frame.sample_rate // 24_000], np.int16).tobytes()


@asynccontextmanager
async def dial(services: Running, lost_share: float = 0.0) -> AsyncIterator[Line]:
    """Yield a session over WebRTC, of whose packets to the gateway a share gets lost."""
    bearer = {"Authorization": f"Bearer {load(services.key_file)}"}
    through = httpx.AsyncHTTPTransport(uds=services.http_socket)
    call = _Call(lost_share)
    async with httpx.AsyncClient(
        transport=through, base_url="http://localhost", headers=bearer, timeout=CONNECT_S
    ) as client:
        try:
            await call.connect(client)
            yield call
        finally:
            await call.close()
