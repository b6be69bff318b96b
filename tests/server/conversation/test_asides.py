from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from antiphon.errors import InvalidInput
from server.conversation.asides import MAX_ASIDES, Asides
from server.conversation.asked import Asked
from server.conversation.history import History
from server.conversation.outbox import Outbox
from server.realtime import items, session_config
from server.settings import AgentSettings
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import WORDS, Event, as_received, wired
from tests.virtual_time import run_virtual

CONFIG = replace(session_config.initial(AgentSettings(instructions="")), audio_out=False)
ASKED = Asked(CONFIG, instead=(items.user_said("a", "hello"),), remembered=False)


class Margin:
    """Responses beside a conversation, and what they told."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.outbox = Outbox()
        self.history = History(1000)
        self.generator = FakeGenerator(WORDS)
        engines = services(FakeRecognizer(), self.generator, FakeSynthesizer())
        self.asides = Asides(engines, wired(self.outbox), self.history, tasks)
        self.events: list[Event] = []

    async def read(self) -> None:
        async for item in self.outbox:
            event = as_received(item)
            assert isinstance(event, dict)
            self.events.append(event)

    @property
    def ids(self) -> list[str]:
        return [event["response"]["id"] for event in self.events if "response" in event]

    @property
    def statuses(self) -> list[str]:
        done = (event for event in self.events if event["type"] == "response.done")
        return [event["response"]["status"] for event in done]


def play(story: Callable[[Margin], Awaitable[None]]) -> Margin:
    """Return what happened in `story`, and until all was over."""

    async def main() -> Margin:
        async with asyncio.TaskGroup() as reading:
            async with asyncio.TaskGroup() as tasks:
                margin = Margin(tasks)
                reading.create_task(margin.read())
                await story(margin)
            margin.outbox.close()
        return margin

    return run_virtual(main())


def test_several_are_written_at_once_and_none_is_remembered() -> None:
    async def story(margin: Margin) -> None:
        await margin.asides.begin(ASKED)
        await margin.asides.begin(Asked(CONFIG, remembered=False))
        await margin.asides.ended()
        assert asyncio.get_running_loop().time() == pytest.approx(0.13)

    margin = play(story)
    assert margin.statuses == ["completed", "completed"]
    assert [list(request.messages) for request in margin.generator.requests][1] == []
    assert margin.generator.requests[0].messages[0].content == "hello"
    assert list(margin.history.items) == []


def test_none_is_waited_for_where_none_runs() -> None:
    play(lambda margin: margin.asides.ended())


def test_there_is_room_for_some() -> None:
    async def story(margin: Margin) -> None:
        for _ in range(MAX_ASIDES):
            margin.asides.check_room()
            await margin.asides.begin(ASKED)
        with pytest.raises(InvalidInput):
            margin.asides.check_room()
        await margin.asides.ended()
        await asyncio.sleep(0)
        margin.asides.check_room()

    play(story)


def test_one_is_cancelled_and_the_others_go_on() -> None:
    async def story(margin: Margin) -> None:
        await margin.asides.begin(ASKED)
        await margin.asides.begin(ASKED)
        await asyncio.sleep(0.05)
        aside = margin.asides.find(margin.ids[0])
        assert aside is not None
        await margin.asides.cancel(aside)
        assert margin.asides.find(margin.ids[0]) is None
        assert margin.asides.find(None) is None

    assert play(story).statuses == ["cancelled", "completed"]


def test_all_can_be_dropped() -> None:
    async def story(margin: Margin) -> None:
        await margin.asides.begin(ASKED)
        await margin.asides.begin(ASKED)
        await asyncio.sleep(0.05)
        margin.asides.drop()
        await margin.asides.ended()
        assert asyncio.get_running_loop().time() == pytest.approx(0.05)

    assert play(story).statuses == ["cancelled", "cancelled"]
