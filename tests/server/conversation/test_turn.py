"""The agent's side of a turn: what is told, and what enters the history, however it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from antiphon.errors import Exhausted
from antiphon.v1 import generator_pb2 as pb
from server.conversation.history import History
from server.conversation.outbox import STALL_S, Outbox
from server.conversation.outcome import CANCELLED, INTERRUPTED
from server.conversation.timeline import Timeline
from server.conversation.turn import Turn
from server.realtime import session_config
from server.realtime.server_events import to_json
from server.settings import AgentSettings
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import WORDS, Event
from tests.virtual_time import run_virtual


class Scene:
    """A turn after "hello", its history, and what it told."""

    def __init__(self, generator: FakeGenerator, voice: FakeSynthesizer, outbox: Outbox) -> None:
        self.outbox = outbox
        self.history = History(1000)
        self.history.add(pb.ROLE_USER, "hello")
        self.events: list[Event] = []
        self.generator = generator
        self.turn = Turn(
            services(FakeRecognizer(), generator, voice),
            session_config.initial(AgentSettings(instructions="")),
            outbox,
            self.history,
            Timeline(),
        )

    @property
    def said(self) -> list[str]:
        return [message.content for message in self.history.messages("")]

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def response(self) -> Event:
        """Return the one response that was done."""
        (done,) = (event for event in self.events if event["type"] == "response.done")
        response: Event = done["response"]
        return response

    async def read(self) -> None:
        async for item in self.outbox:
            if not isinstance(item, bytes):
                self.events.append(json.loads(to_json(item)))

    async def stopped(self, after_s: float, **stop: Any) -> asyncio.Task[None]:
        """Return the turn's task, ended after a while."""
        task = asyncio.create_task(self.turn.answer())
        await asyncio.sleep(after_s)
        if stop:
            self.turn.stop(**stop)
        task.cancel()
        await asyncio.wait({task})
        return task


def play(
    story: Callable[[Scene], Awaitable[object]],
    generator: FakeGenerator | None = None,
    voice: FakeSynthesizer | None = None,
) -> Scene:
    """Return the scene after `story`, its client reading all the while."""

    async def main() -> Scene:
        scene = Scene(generator or FakeGenerator(WORDS), voice or FakeSynthesizer(), Outbox())
        async with asyncio.TaskGroup() as group:
            group.create_task(scene.read())
            await story(scene)
            scene.outbox.close()
        return scene

    return run_virtual(main())


def test_an_answer_enters_the_history_once_it_was_heard() -> None:
    async def story(scene: Scene) -> None:
        answering = asyncio.create_task(scene.turn.answer())
        await asyncio.sleep(0.95)
        assert "response.done" in scene.kinds
        assert scene.said == ["hello"]
        await answering

    scene = play(story)
    assert scene.said == ["hello", "One two three."]
    assert scene.kinds[-1] == "output_audio_buffer.stopped"
    assert scene.response()["id"] == scene.turn.response_id


def test_a_greeting_is_an_answer_that_nobody_generated() -> None:
    scene = play(lambda scene: scene.turn.greet("Welcome."))
    assert scene.said == ["hello", "Welcome."]
    assert not scene.generator.calls


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ({"outcome": INTERRUPTED}, "turn_detected"),
        ({"outcome": CANCELLED}, "client_cancelled"),
        ({}, None),
    ],
)
def test_broken_off_it_tells_why_and_keeps_what_was_heard(
    stop: dict[str, Any], reason: str | None
) -> None:
    async def story(scene: Scene) -> None:
        assert (await scene.stopped(0.15 + 0.65, **stop)).cancelled()

    scene = play(story, FakeGenerator(WORDS * 3))
    assert scene.said == ["hello", "One two "]
    response = scene.response()
    assert response["status"] == "cancelled"
    assert response["status_details"].get("reason") == reason
    assert response["output"][0]["status"] == "incomplete"
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_broken_off_before_its_first_audio_it_clears_nothing() -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.12, outcome=INTERRUPTED)

    scene = play(story)
    assert scene.said == ["hello"]
    assert scene.kinds[-1] == "response.done"


def test_broken_off_after_its_end_it_only_clears_what_was_not_heard() -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.95, outcome=INTERRUPTED)

    scene = play(story)
    assert scene.response()["status"] == "completed"
    assert scene.said == ["hello", "One two "]
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_a_failed_engine_is_told_and_what_was_heard_is_kept() -> None:
    generator = FakeGenerator(WORDS, token_ms=300, fail_after=2)
    scene = play(lambda scene: scene.turn.answer(), generator)
    assert scene.said == ["hello", "One "]
    assert scene.response()["status"] == "failed"
    assert scene.kinds.index("error") < scene.kinds.index("response.done")
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_what_fails_while_it_is_being_stopped_is_no_failure() -> None:
    class Fragile(FakeSynthesizer):
        """Fails when it is cancelled, as a broken connection might."""

        def Synthesize(self) -> Any:
            call = super().Synthesize()

            async def write(_: Any) -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    raise rpc_error()

            call.write = write  # type: ignore[assignment,method-assign]
            return call

    async def story(scene: Scene) -> None:
        await scene.stopped(0.15, outcome=INTERRUPTED)

    scene = play(story, voice=Fragile())
    assert "error" not in scene.kinds
    assert scene.response()["status_details"]["reason"] == "turn_detected"


def test_a_reply_cut_by_its_length_is_incomplete() -> None:
    generator = FakeGenerator(WORDS, reason=pb.FINISH_REASON_LENGTH)
    scene = play(lambda scene: scene.turn.answer(), generator)
    assert scene.response()["status_details"]["reason"] == "max_output_tokens"


def test_a_client_that_reads_no_more_ends_it_after_one_stall() -> None:
    async def main() -> float:
        scene = Scene(FakeGenerator(WORDS), FakeSynthesizer(), Outbox(max_items=1))
        with pytest.raises(Exhausted):
            await scene.turn.answer()
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(STALL_S, abs=1)


def test_the_history_is_right_though_the_client_does_not_read() -> None:
    async def main() -> list[str]:
        outbox = Outbox(max_items=21)  # full after the first word
        scene = Scene(FakeGenerator(WORDS * 9, token_ms=500), FakeSynthesizer(), outbox)
        task = asyncio.create_task(scene.turn.answer())
        await asyncio.sleep(0.7)
        scene.turn.stop(INTERRUPTED)
        task.cancel()
        await asyncio.sleep(0.01)
        said = scene.said
        outbox.close()
        await asyncio.wait({task})
        return said

    assert run_virtual(main()) == ["hello", "One "]
