"""Both ends of RTP as we need them of aiortc: the one file that relies on its internals.

Written against aiortc 1.16, whose `RTCRtpReceiver` cannot be given another jitter buffer or decoder. It
keeps the RTCP reports, by which the caller's encoder learns of losses and spends more on in-band FEC. Its own
buffer still runs, at 7 us a packet, in front of a decoder thread that is stopped as soon as it was started.

Both also mend what aiortc does where a connection is closed while it is being made: it then starts, after all
was stopped, what nobody will stop again.
"""

from __future__ import annotations

from collections.abc import Callable

from aiortc import RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtp import RtpPacket
from aiortc.stats import RTCTransportStats

from server.webrtc.jitter_buffer import Packet

VERSION = "1.16"

# A caller who names no source may change it, as with another microphone. aiortc reports on each that it ever
# saw, and stops reporting, and closing, once a report of some 57 of them is too large to be encrypted.
MAX_SOURCES = 8

# Called once, with the SSRC that the caller's offer named, if any; what it returns is given each packet.
Connect = Callable[[int | None], Callable[[Packet], None]]


class SpeechReceiver(RTCRtpReceiver):
    """Hands each packet of Opus on as it arrives."""

    def __init__(self, replaced: RTCRtpReceiver, connect: Connect) -> None:
        super().__init__("audio", replaced.transport)
        self._connect = connect
        self._receive: Callable[[Packet], None] | None = None
        self._payload_types: set[int | None] = set()
        self._source: int | None = None
        self._reported: set[int] = set()
        self._stopped = False

    @property
    def transport_packets(self) -> int:
        """How many packets of any kind have come in beside ICE's own."""
        (stats,) = self.transport._get_stats().values()
        assert isinstance(stats, RTCTransportStats)
        return stats.packetsReceived

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Begin; called by aiortc once media may flow."""
        if self._stopped or self._receive is not None:
            return
        await super().receive(parameters)
        self._handle_disconnect()  # of all that a disconnection means here: ends the decoder thread
        opus = [codec for codec in parameters.codecs if codec.mimeType.lower() == "audio/opus"]
        self._payload_types = {codec.payloadType for codec in opus}
        named = [encoding.ssrc for encoding in parameters.encodings]
        self._source = named[0] if named else None
        self._receive = self._connect(self._source)

    async def stop(self) -> None:
        """End for good."""
        self._stopped = True
        await super().stop()

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        if self._is_reported(packet.ssrc):
            await super()._handle_rtp_packet(packet, arrival_time_ms)
        if self._receive is not None and packet.payload_type in self._payload_types:
            self._receive(
                Packet(packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload)
            )

    def _is_reported(self, ssrc: int) -> bool:
        """Return whether aiortc is to report on a source: the one that was named, else the first few."""
        if self._source is not None:
            return ssrc == self._source
        if len(self._reported) < MAX_SOURCES:
            self._reported.add(ssrc)
        return ssrc in self._reported


class SpeechSender(RTCRtpSender):
    """Sends what its track has, until it is stopped."""

    def __init__(self, replaced: RTCRtpSender) -> None:
        super().__init__(replaced.track, replaced.transport)
        self._stream_id = replaced._stream_id
        self._stopped = False

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Begin; called by aiortc once media may flow."""
        if not self._stopped:
            await super().send(parameters)

    async def stop(self) -> None:
        """End for good."""
        self._stopped = True
        await super().stop()


def take_over(transceiver: RTCRtpTransceiver, connect: Connect) -> SpeechReceiver:
    """Put ours in the place of the transceiver's own, before an offer is applied to it."""
    sender = SpeechSender(transceiver.sender)
    receiver = SpeechReceiver(transceiver.receiver, connect)
    receiver._set_rtcp_ssrc(sender._ssrc)
    transceiver._RTCRtpTransceiver__sender = sender  # type: ignore[attr-defined]
    transceiver._RTCRtpTransceiver__receiver = receiver  # type: ignore[attr-defined]
    return receiver
