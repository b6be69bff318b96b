"""Two real peers on the real loop: audio and events both ways, and every way in which a call ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import aioice.ice
import pytest
from aiortc import rtcrtpreceiver
from aiortc.rtp import RtpPacket
from openai.types.realtime.realtime_server_event import OutputAudioBufferCleared

from antiphon.errors import InvalidInput
from server.conversation.line import LineLost
from server.conversation.outbox import Audio, Outbox
from server.realtime import server_events
from server.webrtc import peer as peer_module
from server.webrtc.event_channel import MAX_EARLY_EVENTS
from server.webrtc.opus import FRAME_BYTES
from server.webrtc.peer import Peer
from server.webrtc.settings import IceServer, WebRtcSettings
from server.webrtc.tally import Tally
from tests.server.webrtc.caller import PATIENCE_S, Call, Caller, connected
from tests.server.webrtc.sound import encoded, framed, glide, level

VOICE = glide(1.0)
SPOKEN = encoded(VOICE)
AUDIBLE = 300.0
REQUEST = '{"type": "response.create"}'


def during(
    story: Callable[[Call], Awaitable[None]], settings: WebRtcSettings | None = None
) -> Call:
    """Return the call in which `story` happened, with what came in meanwhile."""

    async def main() -> Call:
        async with connected(settings=settings) as call, asyncio.TaskGroup() as group:
            listening = group.create_task(call.listen())
            await story(call)
            listening.cancel()
        return call

    return asyncio.run(main())


def ended(story: Callable[[Call], Awaitable[None]], settings: WebRtcSettings | None = None) -> Call:
    """Return the call after `story` has brought it to an end, or raise what ended it."""

    async def main() -> Call:
        async with connected(settings=settings) as call:
            listening = asyncio.create_task(call.listen())
            await call.until(lambda: len(call.frames) > 5)
            await story(call)
            async with asyncio.timeout(30):
                await listening
        return call

    return asyncio.run(main())


async def nothing(_: Call) -> None:
    """Do nothing."""


def spoken(pcm: bytes) -> list[Audio]:
    """Return a reply's audio."""
    return [Audio(frame, "resp_1", "item_1") for frame in framed(pcm)]


def problem(text: str) -> InvalidInput:
    return InvalidInput(text, reason="TEST")


def test_the_caller_is_heard() -> None:
    async def story(call: Call) -> None:
        await call.caller.microphone.put(VOICE)
        await call.until(lambda: sum(level(frame) > AUDIBLE for frame in call.frames) > 40)

    frames = during(story).frames
    assert {len(frame) for frame in frames} == {FRAME_BYTES}


def test_the_caller_hears_what_is_delivered_and_silence_around_it() -> None:
    async def story(call: Call) -> None:
        outbox = Outbox()
        async with asyncio.TaskGroup() as group:
            group.create_task(call.peer.deliver(outbox))
            await call.until(lambda: len(call.caller.levels) > 5)
            assert max(call.caller.levels) < AUDIBLE
            await outbox.put(*spoken(VOICE))
            outbox.close()
        await call.until(lambda: sum(loud > AUDIBLE for loud in call.caller.levels) > 40)
        await call.until(lambda: max(call.caller.levels[-3:]) < AUDIBLE)

    during(story)


def test_events_go_both_ways_and_binary_ones_are_refused() -> None:
    async def story(call: Call) -> None:
        outbox = Outbox()
        async with asyncio.TaskGroup() as group:
            group.create_task(call.peer.deliver(outbox))
            await outbox.put(server_events.error(problem("hello")))
            call.caller.channel.send(REQUEST)
            call.caller.channel.send(REQUEST.encode())
            await call.until(lambda: len(call.caller.events) == 2 and call.texts)
            outbox.close()

    call = during(story)
    assert call.texts == [REQUEST]
    said = {event["error"]["code"]: event["error"]["message"] for event in call.caller.events}
    assert said["test"] == "hello"
    assert "binary_event" in said


@pytest.mark.parametrize(("label", "kept"), [("", 0), ("chat", MAX_EARLY_EVENTS)])
def test_a_caller_without_a_channel_for_events_hears_what_is_said_after_them(
    label: str, kept: int
) -> None:
    async def main() -> None:
        async with connected(Caller(label=label)) as call, asyncio.TaskGroup() as group:
            outbox = Outbox()
            group.create_task(call.peer.deliver(outbox))
            for _ in range(MAX_EARLY_EVENTS + 1):
                await outbox.put(server_events.error(problem("hello")))
            await outbox.put(*spoken(VOICE))
            outbox.close()
            await call.until(lambda: sum(loud > AUDIBLE for loud in call.caller.levels) > 40)
            assert len(call.peer._events._early) == kept

    asyncio.run(main())


@pytest.mark.parametrize("how", ["flush", "event"])
def test_an_interruption_silences_what_was_delivered(how: str) -> None:
    async def story(call: Call) -> None:
        outbox = Outbox()
        async with asyncio.TaskGroup() as group:
            group.create_task(call.peer.deliver(outbox))
            await call.until(lambda: len(call.caller.levels) > 5)
            await outbox.put(*spoken(VOICE)[:2])
            await asyncio.sleep(0)
            if how == "flush":
                call.peer.flush()
            else:
                await outbox.put(
                    server_events.make(
                        OutputAudioBufferCleared, response_id="resp", event_id="event"
                    )
                )
            outbox.close()
        heard = len(call.caller.levels)
        await call.until(lambda: len(call.caller.levels) > heard + 20)

    # One frame may have been on its way.
    assert sum(loud > AUDIBLE for loud in during(story).caller.levels) <= 3


@pytest.mark.parametrize(
    ("offer", "said"),
    [("hello", "does not begin with"), ("v=0\r\n", "one audio stream")],
)
def test_an_offer_that_is_none_is_refused(offer: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        asyncio.run(Peer.answer(offer, WebRtcSettings()))


def test_an_offer_that_aiortc_refuses_is_refused_and_leaves_nothing_open() -> None:
    async def main() -> None:
        caller = Caller()
        offer = await caller.offer()
        # Both streams with one name: aiortc gives the second one's transport to nobody.
        with pytest.raises(InvalidInput, match="SDP"):
            await Peer.answer(offer.replace("a=rtcp-mux\r\n", ""), WebRtcSettings())
        await caller.close()

    asyncio.run(main())


def test_the_answer_has_one_codec_with_fec_and_no_public_address_was_asked_for() -> None:
    async def main() -> str:
        async with connected() as call:
            return call.peer.sdp

    answer = asyncio.run(main())
    assert [line for line in answer.splitlines() if line.startswith("a=rtpmap")] == [
        "a=rtpmap:96 opus/48000/2"
    ]
    assert "useinbandfec=1" in answer
    assert "srflx" not in answer


def test_a_relay_is_used_where_one_is_set() -> None:
    async def main() -> None:
        settings = WebRtcSettings(
            ice_servers=(IceServer(urls=("turn:127.0.0.1:9",), username="u"),), lost_after_s=2
        )
        configuration = peer_module._configuration(settings.ice_servers)
        assert configuration.iceServers is not None
        assert configuration.iceServers[0].urls == ["turn:127.0.0.1:9"]
        assert configuration.iceServers[0].credential is None

    asyncio.run(main())


def test_each_call_asks_for_the_servers_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[IceServer]] = []
    configure = peer_module._configuration

    def noted(servers: Sequence[IceServer]) -> Any:
        seen.append(servers)
        return configure(servers[:0])

    monkeypatch.setattr(peer_module, "_configuration", noted)
    named = (IceServer(urls=("turn:127.0.0.1:9",), username="u"),)

    async def main() -> None:
        caller = Caller()
        try:
            peer = await Peer.answer(
                await caller.offer(), WebRtcSettings(), ice_servers=lambda: named
            )
            await peer.close()
        finally:
            await caller.close()

    asyncio.run(main())
    assert seen == [named]


def test_packets_that_are_not_the_callers_speech_change_nothing() -> None:
    async def story(call: Call) -> None:
        ssrc = call.caller.connection.getSenders()[0]._ssrc
        await call.until(lambda: len(call.frames) > 5)
        before = len(call.frames)
        for number in range(200):
            payload_type, source = ((0, ssrc + 1), (95, ssrc + 2), (96, ssrc + 3))[number % 3]
            await call.caller.send_rtp(
                RtpPacket(payload_type, 0, 1000 + number, 960 * number, source, SPOKEN[20])
            )
        await call.until(lambda: len(call.frames) > before + 20)

    frames = during(story).frames
    assert max(map(level, frames)) < AUDIBLE


def test_packets_of_a_hundred_sources_do_not_keep_a_call_from_ending(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # aiortc reports after 0.5 s and a random part of one more: here after 50 ms.
    monkeypatch.setattr(rtcrtpreceiver, "random", SimpleNamespace(random=lambda: -0.45))

    async def story(call: Call) -> None:
        ssrc = call.caller.connection.getSenders()[0]._ssrc
        await call.until(lambda: len(call.frames) > 5)
        for number in range(1, 101):
            await call.caller.send_rtp(RtpPacket(96, ssrc=(ssrc + number) % 2**32))
        before = len(call.frames)
        await call.until(lambda: len(call.frames) > before + 10)

    during(story)
    assert "was not closed within" not in caplog.text


def test_a_connection_that_does_not_close_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(peer_module, "CLOSE_S", 0.05)

    async def story(call: Call) -> None:
        connection = call.peer._connection
        with monkeypatch.context() as patched:
            patched.setattr(connection, "close", asyncio.Event().wait)
            await call.peer.close()
        await connection.close()

    during(story)
    assert "was not closed within" in caplog.text


def test_what_becomes_of_the_callers_packets_is_told_while_the_call_lasts_and_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_module, "CHECK_S", 0.05)
    told: list[Tally] = []

    async def main() -> None:
        caller = Caller()
        async with connected(caller, note=told.append) as call, asyncio.TaskGroup() as group:
            listening = group.create_task(call.listen())
            await call.until(lambda: len(call.frames) > 10)
            listening.cancel()
            while sum(tally.received for tally in told) == 0:  # noqa: ASYNC110 - told on a timer
                await asyncio.sleep(0.01)
            before = len(told)
        assert len(told) > before

    asyncio.run(main())
    assert sum(tally.received for tally in told) > 10
    assert sum(len(tally.delays_ms) for tally in told) > 0


def test_packets_replayed_and_reordered_are_heard_as_they_were_spoken() -> None:
    async def main() -> list[bytes]:
        caller = Caller()
        caller.microphone.stop()
        async with connected(caller) as call, asyncio.TaskGroup() as group:
            listening = group.create_task(call.listen())
            ssrc = caller.connection.getSenders()[0]._ssrc
            for number in (0, 1, 3, 2, 2, 1, 5, 4, 6, 6, 7, 9, 8, 0):
                await caller.send_rtp(
                    RtpPacket(96, 0, 1000 + number, 960 * number, ssrc, SPOKEN[10 + number])
                )
            # Ten, even where a loop that is blocked gives a late one up: then it is made up.
            await call.until(lambda: len(call.frames) >= 10)
            listening.cancel()
        return call.frames[:10]

    assert sum(level(frame) > AUDIBLE for frame in asyncio.run(main())) >= 8


def test_a_channel_that_closes_first_is_the_end_of_the_call() -> None:
    async def story(call: Call) -> None:
        call.caller.channel.close()

    ended(story)


def test_a_caller_who_closes_the_connection_has_hung_up() -> None:
    async def story(call: Call) -> None:
        await call.caller.connection.close()

    ended(story)


def test_our_own_close_ends_it_and_the_caller_receives_the_last_event() -> None:
    async def story(call: Call) -> None:
        outbox = Outbox()
        await outbox.put(server_events.error(problem("last")))
        outbox.close()
        await call.peer.deliver(outbox)
        await call.peer.close()
        await call.until(lambda: call.caller.channel.readyState == "closed")

    assert ended(story).caller.events[-1]["error"]["message"] == "last"


def test_loss_of_consent_is_a_lost_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.05)
    monkeypatch.setattr(aioice.ice, "CONSENT_FAILURES", 2)

    async def story(call: Call) -> None:
        await call.caller.vanish()

    with pytest.raises(LineLost):
        ended(story, WebRtcSettings(lost_after_s=60))


def test_a_line_on_which_nothing_arrives_is_lost_before_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_module, "CHECK_S", 0.05)

    async def story(call: Call) -> None:
        await call.caller.vanish()

    with pytest.raises(LineLost, match="nothing has arrived for 2 s"):
        ended(story, WebRtcSettings(lost_after_s=2))


def test_a_caller_who_never_connects_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "CONNECT_S", 0.2)
    monkeypatch.setattr(peer_module, "CHECK_S", 0.05)

    async def main() -> None:
        caller = Caller()
        peer = await Peer.answer(await caller.offer(), WebRtcSettings())
        with pytest.raises(LineLost):
            async for _ in peer.incoming():
                pass
        await peer.close()
        await caller.close()

    asyncio.run(main())


def test_to_a_caller_who_only_speaks_nothing_is_said() -> None:
    async def main() -> None:
        caller = Caller()
        caller.connection.getTransceivers()[0].direction = "sendonly"
        async with connected(caller) as call:
            outbox = Outbox()
            await outbox.put(*spoken(VOICE))
            outbox.close()
            async with asyncio.timeout(30):
                await call.peer.deliver(outbox)
        assert caller.levels == []

    asyncio.run(main())


def test_a_call_that_is_over_leaves_no_task() -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        for _ in range(3):
            async with connected() as call:
                await call.until(lambda: call.caller.levels)
        # aiortc's last tasks end with the transports, an iteration of the loop later.
        await asyncio.sleep(0.1)
        assert asyncio.all_tasks() == before

    asyncio.run(main())


@pytest.mark.parametrize("iterations", [0, 10, 30, 60, 100, 200])
def test_a_call_that_is_closed_while_it_connects_leaves_no_task(iterations: int) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        caller = Caller()
        peer = await Peer.answer(await caller.offer(), WebRtcSettings())
        await caller.accept(peer.sdp)
        for _ in range(iterations):
            await asyncio.sleep(0)
        await peer.close()
        await caller.close()
        # Those that close end by themselves; one that would not hangs here.
        left = asyncio.all_tasks() - before
        if left:
            await asyncio.wait(left, timeout=PATIENCE_S)
        assert asyncio.all_tasks() == before

    asyncio.run(main())
