"""At most one reply at a time, begun and ended by the session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from antiphon.v1 import generator_pb2 as pb
from server.conversation.history import History
from server.conversation.outbox import Outbox
from server.conversation.outcome import CANCELLED
from server.conversation.replies import END_S, Replies
from server.conversation.timeline import Timeline
from server.realtime import session_config
from server.realtime.server_events import to_json
from server.settings import AgentSettings
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import WORDS
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings())


class Stage:
    """Replies over fakes."""

    def __init__(self, tasks: asyncio.TaskGroup, outbox: Outbox) -> None:
        self.outbox = outbox
        self.generator = FakeGenerator(WORDS)
        self.history = History(1000)
        engines = services(FakeRecognizer(), self.generator, FakeSynthesizer())
        self.replies = Replies(engines, outbox, self.history, tasks)

    async def statuses(self) -> list[str]:
        """Return the status of each response so far, once nothing more comes."""
        self.outbox.close()
        events = [
            json.loads(to_json(item)) async for item in self.outbox if not isinstance(item, bytes)
        ]
        return [event["response"]["status"] for event in events if "response" in event]


def play(story: Callable[[Stage], Awaitable[None]], outbox_items: int = 500) -> None:
    """Play `story`."""

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            await story(Stage(tasks, Outbox(outbox_items)))

    run_virtual(main())


def test_a_reply_runs_until_it_was_heard() -> None:
    async def story(stage: Stage) -> None:
        assert not stage.replies.running
        assert stage.replies.response_id is None
        stage.replies.begin(CONFIG, Timeline())
        assert stage.replies.running
        assert (stage.replies.response_id or "").startswith("resp_")
        await asyncio.sleep(1)
        assert stage.replies.running
        await asyncio.sleep(1)
        assert not stage.replies.running
        assert stage.replies.response_id is None
        await stage.replies.end(CANCELLED)
        assert await stage.statuses() == ["in_progress", "completed"]

    play(story)


def test_a_greeting_is_a_reply() -> None:
    async def story(stage: Stage) -> None:
        stage.replies.begin(CONFIG, Timeline(), "Welcome.")
        await asyncio.sleep(2)
        assert [message.content for message in stage.history.messages("")] == ["Welcome."]
        assert not stage.generator.calls

    play(story)


def test_ended_it_has_told_its_end_and_another_may_begin() -> None:
    async def story(stage: Stage) -> None:
        await stage.replies.end(CANCELLED)
        stage.replies.begin(CONFIG, Timeline())
        await asyncio.sleep(0.5)
        await stage.replies.end(CANCELLED)
        assert not stage.replies.running
        stage.history.add(pb.ROLE_USER, "again")
        stage.replies.begin(CONFIG, Timeline())
        await asyncio.sleep(2)
        assert await stage.statuses() == ["in_progress", "cancelled", "in_progress", "completed"]

    play(story)


def test_a_reply_ended_before_it_began_tells_nothing() -> None:
    async def story(stage: Stage) -> None:
        stage.replies.begin(CONFIG, Timeline())
        await stage.replies.end(CANCELLED)
        assert await stage.statuses() == []

    play(story)


def test_one_that_is_late_to_end_is_logged_and_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story(stage: Stage) -> None:
        stage.replies.begin(CONFIG, Timeline())
        await asyncio.sleep(0.12)
        before_s = asyncio.get_running_loop().time()
        await stage.replies.end(CANCELLED)  # its end finds no room in the outbox
        assert asyncio.get_running_loop().time() - before_s == pytest.approx(END_S)
        assert "still ends" in caplog.text
        stage.outbox.close()

    play(story, outbox_items=1)
