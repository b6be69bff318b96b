"""The agent's side of a turn: what is told, and what enters the history, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from antiphon.errors import Exhausted
from antiphon.v1 import generator_pb2 as pb
from server.conversation.asked import Asked
from server.conversation.history import History
from server.conversation.outbox import MAX_ITEMS, STALL_S, Outbox
from server.conversation.outcome import ABANDONED, CANCELLED, INTERRUPTED
from server.conversation.timeline import Timeline
from server.conversation.turn import Turn
from server.realtime import server_events, session_config
from server.realtime.session_config import SessionConfig
from server.settings import AgentSettings
from tests.server import said
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.world import WORDS, Event, as_received, wired
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings(instructions=""))


class Scene:
    """A turn after "hello", its history, and what it told."""

    def __init__(
        self,
        generator: FakeGenerator,
        voice: FakeSynthesizer,
        outbox: Outbox,
        config: SessionConfig = CONFIG,
        *,
        plays: bool = False,
    ) -> None:
        self.outbox = outbox
        self.history = History(1000)
        said.add(self.history, pb.ROLE_USER, "hello")
        self.received: list[tuple[float, Event | bytes]] = []
        self.audible: list[float] = []
        self.on_audible = self._note_audible
        self.generator = generator
        self.turn = Turn(
            services(FakeRecognizer(), generator, voice),
            Asked(config),
            wired(outbox, plays=plays),
            self.history,
            Timeline(),
            lambda: self.on_audible(),
        )

    @property
    def said(self) -> list[str]:
        return [message.content for message in self.history.messages("")]

    @property
    def kinds(self) -> list[str]:
        return [item["type"] for _, item in self.received if not isinstance(item, bytes)]

    @property
    def audio_ms(self) -> list[float]:
        """When each piece of audio came."""
        return [at for at, item in self.received if isinstance(item, bytes)]

    def response(self) -> Event:
        """Return the one response that was done."""
        events = (item for _, item in self.received if not isinstance(item, bytes))
        (done,) = (event for event in events if event["type"] == "response.done")
        response: Event = done["response"]
        return response

    async def read(self) -> None:
        async for item in self.outbox:
            self.received.append((now_ms(), as_received(item)))

    async def answer(self) -> None:
        """Answer for the caller to hear."""
        await self.turn.commit()
        await self.turn.answer(self.history.messages(""))

    def trusted(self) -> asyncio.Task[None]:
        """Begin an answer on trust."""
        return asyncio.create_task(self.turn.answer(self.history.messages("")))

    async def stopped(self, after_s: float, **stop: Any) -> asyncio.Task[None]:
        """Return the turn's task, ended after a while."""
        task = asyncio.create_task(self.answer())
        await asyncio.sleep(after_s)
        return await self.ended(task, **stop)

    async def ended(self, task: asyncio.Task[None], **stop: Any) -> asyncio.Task[None]:
        """Return `task`, ended as whoever owns it does."""
        if stop:
            self.turn.stop(**stop)
        task.cancel()
        await asyncio.wait({task})
        return task

    async def _note_audible(self) -> None:
        self.audible.append(now_ms())


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1000


def play(
    story: Callable[[Scene], Awaitable[object]],
    generator: FakeGenerator | None = None,
    voice: FakeSynthesizer | None = None,
    config: SessionConfig = CONFIG,
    *,
    plays: bool = False,
) -> Scene:
    """Return the scene after `story`, its client reading all the while."""

    async def main() -> Scene:
        engines = generator or FakeGenerator(WORDS), voice or FakeSynthesizer()
        scene = Scene(*engines, Outbox(), config, plays=plays)
        async with asyncio.TaskGroup() as group:
            group.create_task(scene.read())
            await story(scene)
            scene.outbox.close()
        return scene

    return run_virtual(main())


def test_an_answer_enters_the_history_once_it_was_heard() -> None:
    async def story(scene: Scene) -> None:
        answering = asyncio.create_task(scene.answer())
        await asyncio.sleep(0.95)
        assert "response.done" in scene.kinds
        assert scene.said == ["hello"]
        await answering

    scene = play(story)
    assert scene.said == ["hello", "One two three."]
    assert scene.kinds[-1] == "output_audio_buffer.stopped"
    assert scene.response()["id"] == scene.turn.response_id
    assert not scene.turn.stopped
    assert scene.turn.config == CONFIG


@pytest.mark.parametrize(("holds", "told"), [(5, 5), (4, 1)])
def test_of_a_conversation_that_the_model_does_not_hold_the_newer_part_is_answered(
    holds: int, told: int
) -> None:
    generator = FakeGenerator(WORDS)
    generator.holds = holds

    async def story(scene: Scene) -> None:
        for text in ("two", "three"):
            said.add(scene.history, pb.ROLE_ASSISTANT, f"answer before {text}")
            said.add(scene.history, pb.ROLE_USER, text)
        await scene.answer()

    scene = play(story, generator)
    assert scene.response()["status"] == "completed"
    last = [message.content for message in generator.requests[-1].messages]
    assert last == ["hello", "answer before two", "two", "answer before three", "three"][-told:]


def test_what_the_caller_said_alone_may_be_more_than_the_model_holds() -> None:
    generator = FakeGenerator(WORDS)
    generator.holds = 0
    assert play(Scene.answer, generator).response()["status"] == "failed"


def test_it_says_when_it_is_first_heard() -> None:
    scene = play(lambda scene: scene.answer())
    assert scene.audible == pytest.approx([150])
    assert scene.audio_ms[0] == pytest.approx(150)


def test_a_greeting_is_an_answer_that_nobody_generated() -> None:
    async def story(scene: Scene) -> None:
        await scene.turn.commit()
        await scene.turn.recite("Welcome.")

    scene = play(story)
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


def test_broken_off_where_the_line_plays_it_tells_where() -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.15 + 0.65, outcome=INTERRUPTED)

    scene = play(story, FakeGenerator(WORDS * 3), plays=True)
    assert scene.kinds[-2:] == ["output_audio_buffer.cleared", "conversation.item.truncated"]
    told = scene.received[-1][1]
    assert not isinstance(told, bytes)
    assert told["item_id"] == scene.response()["output"][0]["id"]
    assert told["audio_end_ms"] == pytest.approx(650, abs=21)
    assert "conversation.item.truncated" not in play(story).kinds


@pytest.mark.parametrize("plays", [True, False])
def test_broken_off_before_its_first_audio_it_clears_nothing(plays: bool) -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.12, outcome=INTERRUPTED)

    scene = play(story, plays=plays)
    assert scene.said == ["hello"]
    assert scene.kinds[-1] == "response.done"


def test_broken_off_while_it_says_that_it_is_heard_it_clears_what_it_told() -> None:
    async def story(scene: Scene) -> None:
        async def never() -> None:
            await asyncio.Event().wait()

        scene.on_audible = never
        await scene.stopped(5, outcome=INTERRUPTED)

    scene = play(story)
    assert scene.audio_ms == []
    assert scene.said == ["hello"]
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_broken_off_after_its_end_it_only_clears_what_was_not_heard() -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.95, outcome=INTERRUPTED)

    scene = play(story)
    assert scene.response()["status"] == "completed"
    assert scene.said == ["hello", "One two "]
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_a_failed_engine_is_told_and_what_was_heard_is_kept() -> None:
    generator = FakeGenerator(WORDS, token_ms=300, fail_after=2)
    scene = play(lambda scene: scene.answer(), generator)
    assert scene.said == ["hello", "One "]
    assert scene.response()["status"] == "failed"
    assert scene.kinds.index("error") < scene.kinds.index("response.done")
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_what_fails_while_it_is_being_stopped_is_no_failure() -> None:
    class Fragile(FakeSynthesizer):
        """Fails when it is cancelled, as a broken connection might."""

        def Synthesize(self, metadata: Any = ()) -> Any:
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
    scene = play(lambda scene: scene.answer(), generator)
    assert scene.response()["status_details"]["reason"] == "max_output_tokens"


def test_a_client_that_reads_no_more_ends_it_after_one_stall() -> None:
    async def main() -> float:
        scene = Scene(FakeGenerator(WORDS), FakeSynthesizer(), Outbox(max_items=1))
        with pytest.raises(Exhausted):
            await scene.answer()
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(STALL_S, abs=1)


def test_the_history_is_right_though_the_client_does_not_read() -> None:
    async def main() -> list[str]:
        scene = Scene(FakeGenerator(WORDS * 9, token_ms=500), FakeSynthesizer(), Outbox())
        reading, task = (asyncio.create_task(each) for each in (scene.read(), scene.answer()))
        await asyncio.sleep(0.7)
        reading.cancel()
        await scene.outbox.put(*[server_events.state("speaking")] * MAX_ITEMS)
        scene.turn.stop(INTERRUPTED)
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        said = scene.said
        scene.outbox.close()
        await asyncio.wait({task})
        return said

    assert run_virtual(main()) == ["hello", "One "]


def test_the_history_is_right_the_moment_it_is_stopped_whatever_follows() -> None:
    async def story(scene: Scene) -> None:
        task = asyncio.create_task(scene.answer())
        await asyncio.sleep(0.15 + 0.65)
        scene.turn.stop(INTERRUPTED)
        assert scene.said == ["hello", "One two "]
        await asyncio.sleep(5)
        await scene.ended(task)

    assert play(story, FakeGenerator(WORDS * 3)).said == ["hello", "One two "]


def test_stopped_while_it_is_being_committed_it_tells_its_end_all_the_same() -> None:
    async def main() -> list[str]:
        scene = Scene(FakeGenerator(WORDS), FakeSynthesizer(), Outbox(1))
        await scene.outbox.put(server_events.state("thinking"))
        answering = scene.trusted()
        await asyncio.sleep(5)
        committing = asyncio.create_task(scene.turn.commit())
        await asyncio.sleep(1)
        await scene.ended(answering, outcome=INTERRUPTED)
        reading = asyncio.create_task(scene.read())
        await committing
        scene.outbox.close()
        await reading
        return scene.kinds

    kinds = run_virtual(main())
    assert "response.created" in kinds
    assert kinds[-1] == "response.done"


def test_what_is_as_if_unsaid_is_told_and_not_kept() -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.15 + 0.65, outcome=INTERRUPTED, unsaid=True)
        assert scene.turn.stopped

    scene = play(story, FakeGenerator(WORDS * 3))
    assert scene.said == ["hello"]
    assert scene.response()["status_details"]["reason"] == "turn_detected"


# On trust


def test_on_trust_nothing_is_told_or_heard_until_it_is_committed() -> None:
    async def story(scene: Scene) -> None:
        answering = scene.trusted()
        await asyncio.sleep(5)
        assert scene.received == []
        assert scene.audible == []
        await scene.turn.commit()
        await answering

    scene = play(story)
    assert scene.audio_ms[0] == scene.audible[0] == 5000
    assert scene.kinds[0] == "response.created"
    assert scene.kinds[-1] == "output_audio_buffer.stopped"
    assert scene.said == ["hello", "One two three."]
    assert scene.response()["status"] == "completed"


def test_committed_before_its_first_audio_it_is_heard_as_soon_as_it_can_be() -> None:
    async def story(scene: Scene) -> None:
        answering = scene.trusted()
        await asyncio.sleep(0.12)
        await scene.turn.commit()
        await answering

    assert play(story).audio_ms[0] == pytest.approx(150)


def test_written_only_it_ends_once_it_is_committed() -> None:
    async def story(scene: Scene) -> None:
        answering = scene.trusted()
        await asyncio.sleep(5)
        assert not answering.done()
        assert scene.said == ["hello"]
        await scene.turn.commit()
        await answering

    scene = play(story, config=replace(CONFIG, audio_out=False))
    assert scene.said == ["hello", "One two three."]
    assert scene.kinds[-1] == "response.done"


@pytest.mark.parametrize("after_s", [0, 0.05, 0.12, 0.3, 5])
@pytest.mark.parametrize("fail_after", [None, 1])
@pytest.mark.parametrize("stop", [{}, {"outcome": ABANDONED}])
def test_what_was_never_committed_leaves_no_trace(
    after_s: float, fail_after: int | None, stop: dict[str, Any]
) -> None:
    async def story(scene: Scene) -> None:
        answering = scene.trusted()
        await asyncio.sleep(after_s)
        assert (await scene.ended(answering, **stop)).cancelled()
        await asyncio.sleep(5)

    scene = play(story, FakeGenerator(WORDS, fail_after=fail_after))
    assert scene.received == []
    assert scene.said == ["hello"]
    assert all(call.cancelled for call in scene.generator.calls)


def test_what_failed_on_trust_is_told_to_whoever_asks_for_it() -> None:
    async def story(scene: Scene) -> None:
        answering = scene.trusted()
        await asyncio.sleep(5)
        assert scene.received == []
        await scene.turn.commit()
        await answering

    scene = play(story, FakeGenerator(WORDS, fail_after=0))
    assert scene.kinds.index("error") < scene.kinds.index("response.done")
    assert scene.response()["status"] == "failed"


# Ducked


def test_ducked_it_is_silent_and_goes_on_from_the_word_and_nobody_is_told() -> None:
    async def story(scene: Scene) -> None:
        answering = asyncio.create_task(scene.answer())
        await asyncio.sleep(0.15 + 0.4)
        scene.turn.duck()
        before = len(scene.audio_ms)
        await asyncio.sleep(2)
        assert len(scene.audio_ms) == before
        scene.turn.unduck()
        await answering

    scene, undisturbed = play(story), play(lambda scene: scene.answer())
    assert scene.kinds == undisturbed.kinds
    assert scene.said == ["hello", "One two three."]
    # It fell silent after 580 ms, in the second word: from 300 ms on that is said again.
    assert len(scene.audio_ms) == len(undisturbed.audio_ms) + (580 - 300) // 20


def test_ducked_what_the_client_has_not_taken_is_not_heard_later() -> None:
    async def main() -> None:
        scene = Scene(FakeGenerator(WORDS), FakeSynthesizer(), Outbox())
        answering = asyncio.create_task(scene.answer())
        await asyncio.sleep(0.15 + 0.4)
        scene.turn.duck()
        reading = asyncio.create_task(scene.read())
        await asyncio.sleep(1)
        assert scene.audio_ms == []
        assert scene.kinds[0] == "response.created"
        await scene.ended(answering, outcome=INTERRUPTED)
        scene.outbox.close()
        await reading

    run_virtual(main())


def test_stopped_while_it_is_ducked_it_holds_what_was_heard() -> None:
    async def story(scene: Scene) -> None:
        answering = asyncio.create_task(scene.answer())
        await asyncio.sleep(0.15 + 0.35)
        scene.turn.duck()
        await asyncio.sleep(2)
        assert scene.turn.recent_text.startswith("One ")
        await scene.ended(answering, outcome=INTERRUPTED)

    scene = play(story, FakeGenerator(WORDS * 3))
    assert scene.said == ["hello", "One "]
    assert scene.kinds[-1] == "output_audio_buffer.cleared"


def test_what_is_heard_is_told_word_by_word_to_whoever_wants_it() -> None:
    scene = play(lambda scene: scene.answer(), config=replace(CONFIG, extensions=True))
    heard = [
        (at, item["text"])
        for at, item in scene.received
        if not isinstance(item, bytes) and item["type"] == "antiphon.response.heard"
    ]
    assert [text for _, text in heard] == ["One ", "One two ", "One two three."]
    spoken = [at - scene.audio_ms[0] for at, _ in heard]
    assert spoken == [pytest.approx(each, abs=21) for each in (300, 600, 900)]
    assert scene.kinds[-1] == "output_audio_buffer.stopped"


def test_stopped_it_tells_what_was_heard_by_then() -> None:
    async def story(scene: Scene) -> None:
        await scene.stopped(0.15 + 0.305, outcome=INTERRUPTED)

    scene = play(story, config=replace(CONFIG, extensions=True))
    kinds = scene.kinds
    assert kinds.count("antiphon.response.heard") == 1
    assert kinds.index("antiphon.response.heard") < kinds.index("response.done")
    assert "antiphon.response.heard" not in play(lambda scene: scene.answer()).kinds


def test_a_call_counts_once_it_was_told() -> None:
    async def story(scene: Scene) -> None:
        answering = scene.trusted()
        await asyncio.sleep(1)
        assert not scene.turn.calls
        await scene.turn.commit()
        assert scene.turn.calls
        await answering
        assert scene.turn.over

    play(story, FakeGenerator([pb.ToolCall(id="call_1", name="look", arguments="{}")]))
