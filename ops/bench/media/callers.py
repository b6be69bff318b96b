"""Many callers in one process: each sends packets encoded beforehand, and counts what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from fractions import Fraction
from typing import Any

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from server.webrtc import aiortc_rtp
from server.webrtc.jitter_buffer import FRAME_MS, FRAME_TICKS, Packet
from server.webrtc.opus_packet import CLOCK_HZ

# A handshake takes 50 ms of an idle core; longer than this, and the answering core is lost.
CONNECT_S = 20.0


class Encoded(MediaStreamTrack):
    """Packets of 20 ms, in real time and over and over again."""

    kind = "audio"

    def __init__(self, payloads: Sequence[bytes]) -> None:
        super().__init__()
        self._payloads = payloads
        self._sent = 0
        self._origin_s: float | None = None

    async def recv(self) -> av.Packet[Any]:
        """Return the next packet when it is due."""
        if self.readyState != "live":
            raise MediaStreamError
        now_s = asyncio.get_running_loop().time()
        if self._origin_s is None:
            self._origin_s = now_s
        await asyncio.sleep(max(self._origin_s + self._sent * FRAME_MS / 1000 - now_s, 0))
        packet = av.Packet(self._payloads[self._sent % len(self._payloads)])
        packet.pts, packet.time_base = self._sent * FRAME_TICKS, Fraction(1, CLOCK_HZ)
        self._sent += 1
        return packet


class Callers:
    """Calls that go on until `close`; `packets` is how many have come back so far."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self._payloads = payloads
        self._connections: list[RTCPeerConnection] = []
        self.packets = 0

    def __len__(self) -> int:
        return len(self._connections)

    async def call(self, answer: Callable[[str], Awaitable[str]]) -> None:
        """Add one, and return once it is connected; `answer` is asked for the answer to its offer."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connections.append(connection)
        transceiver = connection.addTransceiver(Encoded(self._payloads))
        # Nothing is decoded here: the callers' core is not what is measured.
        aiortc_rtp.take_over(transceiver, lambda ssrc: self._count)
        connection.createDataChannel("oai-events")
        connected = asyncio.Event()
        connection.on(
            "connectionstatechange",
            lambda: connected.set() if connection.connectionState == "connected" else None,
        )
        await connection.setLocalDescription(await connection.createOffer())
        answered = await answer(connection.localDescription.sdp)
        await connection.setRemoteDescription(RTCSessionDescription(answered, "answer"))
        async with asyncio.timeout(CONNECT_S):
            await connected.wait()

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(connection.close() for connection in self._connections))

    def _count(self, _: Packet) -> None:
        self.packets += 1
