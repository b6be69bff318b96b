"""The data channel over a stand-in for aiortc's, in virtual time."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiortc import RTCDataChannel
from openai.types import realtime as oai
from pyee.asyncio import AsyncIOEventEmitter

from server.conversation.line import LineLost
from server.realtime import server_events
from server.webrtc.event_channel import LABEL, MAX_BUFFERED_BYTES, MAX_EARLY_EVENTS, EventChannel
from server.webrtc.inbox import MAX_EVENTS, Inbox
from tests.virtual_time import run_virtual

MAX_MESSAGE_BYTES = 65_536


class Channel(AsyncIOEventEmitter):
    """What the event channel uses of an `RTCDataChannel`."""

    def __init__(self, label: str = LABEL) -> None:
        super().__init__()
        self.label = label
        self.readyState = "open"
        self.bufferedAmount = 0
        self.bufferedAmountLowThreshold = 0
        self.transport = SimpleNamespace(transport=SimpleNamespace(state="connected"))
        self.sent: list[dict[str, Any]] = []

    def send(self, text: str) -> None:
        if len(text) > MAX_MESSAGE_BYTES:
            raise ValueError("too large")
        self.sent.append(json.loads(text))
        self.bufferedAmount += len(text)

    def read(self) -> None:
        self.bufferedAmount = 0
        self.emit("bufferedamountlow")

    def close(self) -> None:
        if self.readyState == "open":
            self.readyState = "closing"
            asyncio.get_running_loop().call_later(0.1, self.closed)

    def closed(self) -> None:
        self.readyState = "closed"
        self.emit("close")

    @property
    def said(self) -> list[str]:
        return [
            event["error"]["code"] if "error" in event else event["type"] for event in self.sent
        ]


def opened() -> tuple[EventChannel, Inbox, Channel]:
    inbox, channel = Inbox(), Channel()
    events = EventChannel(inbox)
    events.open(cast(RTCDataChannel, channel))
    return events, inbox, channel


def event(text: str = "") -> oai.ResponseTextDeltaEvent:
    return server_events.make(
        oai.ResponseTextDeltaEvent,
        content_index=0,
        delta=text,
        item_id="item",
        output_index=0,
        response_id="resp",
    )


def test_events_go_both_ways() -> None:
    async def main() -> None:
        events, inbox, channel = opened()
        await events.send(event("hello"))
        channel.emit("message", '{"type": "response.create"}')
        assert channel.said == ["response.output_text.delta"]
        assert await inbox.get() == '{"type": "response.create"}'

    run_virtual(main())


def test_what_is_said_before_it_is_open_is_kept_in_order_up_to_a_bound() -> None:
    async def main() -> None:
        events = EventChannel(Inbox())
        for number in range(MAX_EARLY_EVENTS + 2):
            await events.send(event(str(number)))
        assert events.dropped_events == 2
        channel = Channel()
        events.open(cast(RTCDataChannel, channel))
        await events.send(event("late"))
        deltas = [one["delta"] for one in channel.sent]
        # Nothing is sent over a full channel; the early ones together are under its bound.
        assert deltas == [*map(str, range(2, MAX_EARLY_EVENTS + 2)), "late"]

    run_virtual(main())


def test_where_none_was_offered_nothing_is_kept() -> None:
    async def main() -> None:
        events = EventChannel(Inbox())
        await events.send(event("before"))
        events.forgo()
        await events.send(event("after"))
        channel = Channel()
        events.open(cast(RTCDataChannel, channel))
        assert (channel.said, events.dropped_events) == ([], 0)
        await asyncio.sleep(0)

    run_virtual(main())


def test_a_caller_that_does_not_read_is_waited_for() -> None:
    async def main() -> None:
        events, _, channel = opened()
        while channel.bufferedAmount < MAX_BUFFERED_BYTES:
            await events.send(event("x" * 60_000))
        sent = len(channel.sent)
        async with asyncio.TaskGroup() as group:
            group.create_task(events.send(event()))
            await asyncio.sleep(1)
            assert len(channel.sent) == sent
            # Nor is it told of its own mistakes meanwhile.
            channel.emit("message", b"binary")
            assert len(channel.sent) == sent
            channel.read()
        assert len(channel.sent) == sent + 1

    run_virtual(main())


def test_a_binary_message_is_refused() -> None:
    async def main() -> None:
        _, inbox, channel = opened()
        channel.emit("message", b'{"type": "response.create"}')
        assert channel.said == ["binary_event"]
        inbox.end()
        assert await inbox.get() is None

    run_virtual(main())


def test_more_events_than_the_session_takes_are_refused() -> None:
    async def main() -> None:
        _, _, channel = opened()
        for _ in range(MAX_EVENTS + 1):
            channel.emit("message", "{}")
        assert channel.said == ["too_many_events"]

    run_virtual(main())


def test_an_event_larger_than_the_caller_takes_is_told_as_an_error() -> None:
    async def main() -> None:
        events, _, channel = opened()
        await events.send(event("x" * MAX_MESSAGE_BYTES))
        assert channel.said == ["event_too_large"]

    run_virtual(main())


@pytest.mark.parametrize("label", ["chat", LABEL])
def test_only_the_first_channel_of_the_name_is_taken(label: str) -> None:
    async def main() -> None:
        events, inbox, channel = opened()
        other = Channel(label)
        events.open(cast(RTCDataChannel, other))
        await asyncio.sleep(1)
        assert (channel.readyState, other.readyState) == ("open", "closed")
        other.emit("message", "{}")
        inbox.end()
        assert await inbox.get() is None

    run_virtual(main())


def test_a_channel_that_the_caller_closes_is_the_end_of_the_call() -> None:
    async def main() -> None:
        events, inbox, channel = opened()
        channel.closed()
        assert await inbox.get() is None
        await events.send(event())
        await events.close()
        assert channel.said == []

    run_virtual(main())


def test_a_channel_that_closes_with_the_line_below_it_is_a_lost_line() -> None:
    async def main() -> None:
        _, inbox, channel = opened()
        channel.transport.transport.state = "closed"
        channel.closed()
        with pytest.raises(LineLost):
            await inbox.get()

    run_virtual(main())


def test_closing_waits_until_the_caller_has_everything() -> None:
    async def main() -> float:
        events, _, channel = opened()
        await events.send(event("last"))
        await events.close()
        assert channel.readyState == "closed"
        assert channel.said == ["response.output_text.delta"]
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(0.1)


def test_closing_before_it_was_ever_open_drops_what_was_kept() -> None:
    async def main() -> None:
        events = EventChannel(Inbox())
        await events.send(event())
        await events.close()
        channel = Channel()
        events.open(cast(RTCDataChannel, channel))
        assert channel.said == []

    run_virtual(main())
