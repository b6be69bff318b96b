"""aiortc's internals are as they were when the receiver was written against them."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable

import aiortc
import pytest
from aiortc.rtcrtpparameters import (
    RTCRtpCodecParameters,
    RTCRtpReceiveParameters,
    RTCRtpSendParameters,
)
from aiortc.rtp import RtpPacket

from server.webrtc.aiortc_rtp import MAX_SOURCES, VERSION, SpeechReceiver, SpeechSender, take_over
from server.webrtc.jitter_buffer import Packet
from server.webrtc.opus import Encoder
from server.webrtc.speech_track import SpeechTrack
from tests.server.webrtc.caller import Caller


def test_it_is_the_aiortc_that_this_was_written_against() -> None:
    assert aiortc.__version__.startswith(f"{VERSION}."), (
        "read rtcrtpreceiver.py and rtcrtpsender.py again"
    )


class Gateway:
    """A bare connection with a receiver of ours."""

    def __init__(self, caller: Caller) -> None:
        self.connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self.ssrcs: list[int | None] = []
        self.packets: list[Packet] = []
        self.transceiver = self.connection.addTransceiver(SpeechTrack(Encoder(32_000, 10)))
        self._caller = caller
        self.receiver = take_over(self.transceiver, self._connect)

    async def answer(self, offer: str) -> str:
        await self.connection.setRemoteDescription(aiortc.RTCSessionDescription(offer, "offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return str(self.connection.localDescription.sdp)

    def _connect(self, ssrc: int | None) -> Callable[[Packet], None]:
        self.ssrcs.append(ssrc)
        return self._receive

    def _receive(self, packet: Packet) -> None:
        self.packets.append(packet)
        self._caller.moved.set()


def meet(story: Callable[[Gateway, Caller], Awaitable[None]], *, named: bool = True) -> None:
    """Run `story` once packets flow, of a source that the offer named."""

    async def main() -> None:
        caller = Caller()
        gateway = Gateway(caller)
        try:
            offer = await caller.offer()
            offer = offer if named else re.sub(r"a=ssrc:.*\r\n", "", offer)
            await caller.accept(await gateway.answer(offer))
            await caller.until(lambda: len(gateway.packets) >= 5)
            await story(gateway, caller)
        finally:
            await gateway.connection.close()
            await caller.close()

    asyncio.run(main())


def test_packets_come_straight_from_the_network() -> None:
    async def story(gateway: Gateway, caller: Caller) -> None:
        assert gateway.transceiver.receiver is gateway.receiver
        (ssrc,) = gateway.ssrcs
        assert ssrc == caller.connection.getSenders()[0]._ssrc
        assert {packet.ssrc for packet in gateway.packets} == {ssrc}
        numbers = [packet.sequence for packet in gateway.packets]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    meet(story)


def test_aiortcs_own_decoder_thread_does_not_stay() -> None:
    before = set(threading.enumerate())

    async def story(gateway: Gateway, caller: Caller) -> None:
        decoders = [one for one in threading.enumerate() if one.name == "audio-decoder"]
        # The caller's, which is stock.
        assert len(set(decoders) - before) == 1

    meet(story)


def test_its_reports_are_kept() -> None:
    async def story(gateway: Gateway, caller: Caller) -> None:
        stats = await gateway.transceiver.receiver.getStats()
        (inbound,) = [one for one in stats.values() if one.type == "inbound-rtp"]
        assert inbound.packetsReceived >= 5
        # The data channel's and the reports too.
        assert gateway.receiver.transport_packets > inbound.packetsReceived

    meet(story)


def test_a_packet_of_another_payload_type_is_not_handed_on() -> None:
    async def story(gateway: Gateway, caller: Caller) -> None:
        receiver = gateway.transceiver.receiver
        # 0 is G.711, which both ends know; the others are nobody's.
        for payload_type in (0, 95, 127):
            await receiver._handle_rtp_packet(RtpPacket(payload_type, ssrc=99), 0)
        assert 99 not in {packet.ssrc for packet in gateway.packets}

    meet(story)


@pytest.mark.parametrize(("named", "reported"), [(True, 1), (False, MAX_SOURCES)])
def test_few_of_many_sources_are_reported_on_and_all_are_handed_on(
    named: bool, reported: int
) -> None:
    async def story(gateway: Gateway, caller: Caller) -> None:
        receiver = gateway.receiver
        (payload_type,) = receiver._payload_types
        assert payload_type is not None
        for ssrc in range(100):
            await receiver._handle_rtp_packet(RtpPacket(payload_type, ssrc=ssrc), 0)
        assert len(receiver._RTCRtpReceiver__remote_streams) == reported  # type: ignore[attr-defined]
        assert {packet.ssrc for packet in gateway.packets} >= set(range(100))

    meet(story, named=named)


def test_it_begins_once() -> None:
    async def story(gateway: Gateway, caller: Caller) -> None:
        await gateway.transceiver.receiver.receive(RTCRtpReceiveParameters())
        assert len(gateway.ssrcs) == 1

    meet(story)


def test_what_we_send_is_heard() -> None:
    async def story(gateway: Gateway, caller: Caller) -> None:
        assert isinstance(gateway.transceiver.sender, SpeechSender)
        await caller.until(lambda: len(caller.levels) > 5)

    meet(story)


def test_nothing_begins_after_it_was_stopped() -> None:
    async def main() -> None:
        gateway = Gateway(Caller())
        before = asyncio.all_tasks()
        sender, receiver = gateway.transceiver.sender, gateway.transceiver.receiver
        assert isinstance(receiver, SpeechReceiver)
        await gateway.transceiver.stop()
        codec = RTCRtpCodecParameters("audio/opus", 48_000, 2, 96)
        await sender.send(RTCRtpSendParameters(codecs=[codec]))
        await receiver.receive(RTCRtpReceiveParameters(codecs=[codec]))
        assert gateway.ssrcs == []
        assert asyncio.all_tasks() <= before
        await gateway.connection.close()

    asyncio.run(main())
