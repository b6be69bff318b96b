"""One caller over WebRTC, from the offer to the end of the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Self

from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from openai.types.realtime.realtime_server_event import OutputAudioBufferCleared

from antiphon.errors import InvalidInput
from server.conversation.line import Incoming, LineLost
from server.conversation.outbox import Audio, Outbox, Outgoing
from server.webrtc import aiortc_rtp, sdp
from server.webrtc.event_channel import EventChannel
from server.webrtc.inbox import Inbox
from server.webrtc.jitter_buffer import Packet
from server.webrtc.opus import Encoder
from server.webrtc.reception import Reception
from server.webrtc.settings import IceServer, WebRtcSettings
from server.webrtc.speech_stream import SpeechStream
from server.webrtc.speech_track import SpeechTrack
from server.webrtc.tally import Tally

log = logging.getLogger(__name__)

Note = Callable[[Tally], None]

# From the answer to the first packet: a relay and three lost handshakes take 7 s.
CONNECT_S = 15.0
# How often it is looked whether anything still arrives.
CHECK_S = 1.0
# How long the last words and events may take to leave.
FAREWELL_S = 1.0
# A relay is told too, where three of our words may be lost: 3.5 s.
CLOSE_S = 5.0


class Peer:
    """A call. It is a client of ours until `close`, which whoever has it must call.

    What comes in is audio in frames of 20 ms, int16 at 24 kHz, and events as JSON text. A caller may offer no
    data channel, as where a sideband has the events: then none are sent here. `note` is told every second
    what became of the caller's packets.
    """

    def __init__(
        self,
        settings: WebRtcSettings,
        note: Note | None = None,
        ice_servers: Sequence[IceServer] | None = None,
    ) -> None:
        self._settings = settings
        self._note = note
        self._stream: SpeechStream | None = None
        servers = settings.ice_servers if ice_servers is None else ice_servers
        self._connection = RTCPeerConnection(_configuration(servers))
        self._inbox = Inbox()
        self._events = EventChannel(self._inbox)
        self._track = SpeechTrack(Encoder(settings.bitrate_bps, settings.expected_loss_percent))
        self._reception: Reception | None = None
        self._packets = 0
        self._silent_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._check = self._loop.call_later(CHECK_S, self._check_alive)
        self._connected = asyncio.Event()
        self._connection.on("datachannel", self._events.open)
        self._connection.on("connectionstatechange", self._on_state)
        self._transceiver = self._connection.addTransceiver(self._track)
        self._receiver = aiortc_rtp.take_over(self._transceiver, self._listen)

    @classmethod
    async def answer(
        cls,
        offer: str,
        settings: WebRtcSettings,
        note: Note | None = None,
        ice_servers: Callable[[], Sequence[IceServer]] | None = None,
    ) -> Self:
        """Return a call that waits for its caller; raise `InvalidInput` where `offer` is no SDP for us.

        `ice_servers` tells those of the moment, where they are others than the settings'.
        """
        applied = sdp.check_offer(offer)
        peer = cls(settings, note, ice_servers and ice_servers())
        async with AsyncExitStack() as failed:
            failed.push_async_callback(peer.close)
            await peer._negotiate(applied)
            failed.pop_all()
        return peer

    @property
    def sdp(self) -> str:
        """The answer to the caller's offer."""
        return str(self._connection.localDescription.sdp)

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Yield what the caller sends; end where the caller hangs up.

        Raises `LineLost` where the line breaks, or nothing has arrived on it for the settings' bound.
        """
        while (item := await self._inbox.get()) is not None:
            yield item

    async def connected(self) -> None:
        """Return once packets reach the caller; a call that never gets there ends by itself."""
        await self._connected.wait()

    async def deliver(self, outbox: Outbox) -> None:
        """Send what `outbox` holds until it ends; a line that has broken drops it."""
        async for item in outbox:
            await self._send(item)
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._track.drain()

    def flush(self) -> None:
        """Silence at once what was delivered and not yet sent."""
        self._track.flush()

    async def close(self) -> None:
        """End the call: the caller receives what was delivered, and sees its data channel close."""
        self._inbox.end()
        self._check.cancel()
        self._track.stop()
        if self._reception is not None:
            self._reception.close()
        self._tell_tally()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._events.close()
                await self._until_ice_settles()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._connection.close()
        except TimeoutError:
            log.warning("a call's connection was not closed within %.0f s", CLOSE_S)

    async def _negotiate(self, offer: str) -> None:
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        self._transceiver.setCodecPreferences([c for c in codecs if c.mimeType == "audio/opus"])
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        except ValueError as error:
            raise InvalidInput(f"the SDP offer: {error}", reason="SDP", param="sdp") from None
        if self._connection.sctp is None:
            self._events.forgo()
        answer = await self._connection.createAnswer()
        await self._connection.setLocalDescription(
            RTCSessionDescription(sdp.answer(answer.sdp), "answer")
        )
        if self._transceiver.currentDirection == "recvonly":
            self._track.stop()

    async def _until_ice_settles(self) -> None:
        """Wait while addresses are being checked.

        aioice 0.13 takes up to 20 ms to notice that a check has succeeded. Closed meanwhile, it
        asks for the consent of nobody for ever.
        """
        settled = asyncio.Event()
        self._connection.on("iceconnectionstatechange", settled.set)
        while self._connection.iceConnectionState == "checking":
            settled.clear()
            await settled.wait()

    def _listen(self, ssrc: int | None) -> Callable[[Packet], None]:
        self._tell_tally()
        self._stream = SpeechStream(ssrc)
        self._reception = Reception(self._stream, self._inbox.put_frame)
        return self._reception.receive

    async def _send(self, item: Outgoing) -> None:
        if isinstance(item, Audio):
            await self._track.put(item.data)
            return
        if isinstance(item, OutputAudioBufferCleared):
            self.flush()
        await self._events.send(item)

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._connected.set()
        if state in ("failed", "closed"):
            self._inbox.end(LineLost(f"the connection is {state}"))
            self._track.stop()

    def _check_alive(self) -> None:
        """End where no packet has come for too long: of media, reports or the data channel.

        Checks are counted and not the time, in which our own loop may have been blocked.
        """
        self._tell_tally()
        packets = self._receiver.transport_packets
        self._silent_s = 0.0 if packets != self._packets else self._silent_s + CHECK_S
        self._packets = packets
        bound_s = self._settings.lost_after_s if packets else CONNECT_S
        if self._silent_s >= bound_s:
            self._inbox.end(LineLost(f"nothing has arrived for {bound_s:.0f} s"))
        else:
            self._check = self._loop.call_later(CHECK_S, self._check_alive)

    def _tell_tally(self) -> None:
        if self._note is not None and self._stream is not None:
            self._note(self._stream.take_tally())


def _configuration(servers: Sequence[IceServer]) -> RTCConfiguration:
    """Return aiortc's configuration; it would ask a public STUN server if it were given no list."""
    return RTCConfiguration(
        iceServers=[
            RTCIceServer(
                urls=list(server.urls),
                username=server.username,
                credential=server.credential.get_secret_value() if server.credential else None,
            )
            for server in servers
        ]
    )
