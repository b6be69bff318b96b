"""The agent's turns: at most one that is heard and one on trust, begun and ended by the session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from antiphon.v1 import generator_pb2 as pb
from server.conversation.asked import Asked
from server.conversation.history import History
from server.conversation.outbox import Outbox
from server.conversation.outcome import CANCELLED, INTERRUPTED
from server.conversation.timeline import Mark, Timeline
from server.conversation.turn import Failure
from server.conversation.turns import BACK_S, END_S, Turns
from server.realtime import session_config
from server.settings import AgentSettings
from tests.server import said
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.recording import Recording
from tests.server.world import WORDS, Event, as_received, wired
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings(instructions=""))


class Stage:
    """Turns over fakes, and what came of them."""

    def __init__(self, tasks: asyncio.TaskGroup, outbox: Outbox) -> None:
        self.outbox = outbox
        self.generator = FakeGenerator(WORDS)
        self.history = History(1000)
        self.told: list[str] = []
        self.received: list[tuple[float, Event | bytes]] = []
        engines = self.engines = services(FakeRecognizer(), self.generator, FakeSynthesizer())
        wire = wired(outbox)
        self.record = Recording()
        self.turns = Turns(
            engines, wire, self.history, tasks, self._audible, self._over, self.record
        )

    @property
    def asked(self) -> list[list[str]]:
        """The messages of each generation."""
        return [[each.content for each in request.messages] for request in self.generator.requests]

    @property
    def said(self) -> list[str]:
        return [message.content for message in self.history.messages("")]

    @property
    def audio_ms(self) -> list[float]:
        """When each piece of audio came."""
        return [at for at, item in self.received if isinstance(item, bytes)]

    @property
    def statuses(self) -> list[str]:
        """The status of each response so far."""
        events = (item for _, item in self.received if not isinstance(item, bytes))
        return [event["response"]["status"] for event in events if "response" in event]

    def hear(self, text: str) -> None:
        """Note what the caller said."""
        said.add(self.history, pb.ROLE_USER, text)

    async def read(self) -> None:
        async for item in self.outbox:
            now_ms = asyncio.get_running_loop().time() * 1000
            self.received.append((now_ms, as_received(item)))

    async def _audible(self) -> None:
        self.told.append("audible")

    async def _over(self, failure: Failure | None) -> None:
        self.told.append(
            "over" if failure is None else "failed, safe" if failure.again else "failed"
        )


def play(story: Callable[[Stage], Awaitable[None]]) -> Stage:
    """Return the stage after `story` and what it began, its client reading all the while."""

    async def main() -> Stage:
        async with asyncio.TaskGroup() as reading:
            async with asyncio.TaskGroup() as tasks:
                stage = Stage(tasks, Outbox())
                reading.create_task(stage.read())
                await story(stage)
            stage.outbox.close()
        return stage

    return run_virtual(main())


def test_an_answer_runs_until_it_was_heard() -> None:
    async def story(stage: Stage) -> None:
        stage.hear("hello")
        assert not stage.turns.running
        assert stage.turns.response_id is None
        assert stage.turns.recent_text == ""
        await stage.turns.answer(Asked(CONFIG), Timeline())
        assert stage.turns.running
        assert (stage.turns.response_id or "").startswith("resp_")
        await asyncio.sleep(1)
        assert stage.turns.running
        assert stage.turns.recent_text == "One two three."
        await stage.turns.ended()
        assert not stage.turns.running
        assert stage.turns.response_id is None
        assert stage.turns.recent_text == ""

    stage = play(story)
    assert stage.statuses == ["in_progress", "completed"]
    assert stage.told == ["audible", "over"]
    assert stage.said == ["hello", "One two three."]


def test_a_recital_is_a_turn_that_nobody_generated() -> None:
    async def story(stage: Stage) -> None:
        await stage.turns.recite(CONFIG, "Welcome.")

    stage = play(story)
    assert stage.said == ["Welcome."]
    assert not stage.generator.calls
    assert stage.told == ["audible", "over"]


def test_where_nothing_runs_there_is_nothing_to_end() -> None:
    async def story(stage: Stage) -> None:
        stage.turns.discard()
        stage.turns.duck()
        stage.turns.unduck()
        stage.turns.stop(CANCELLED)
        await stage.turns.ended()

    assert play(story).told == []


def test_a_turn_that_fails_is_over_too() -> None:
    async def story(stage: Stage) -> None:
        stage.generator.fail_after = 0
        await stage.turns.answer(Asked(CONFIG), Timeline())

    stage = play(story)
    assert stage.statuses == ["in_progress", "failed"]
    assert stage.told == ["failed, safe"]
    assert len(stage.generator.requests) == 2  # what was not heard of is tried again by itself


def test_a_turn_of_which_something_was_heard_is_not_made_again() -> None:
    async def story(stage: Stage) -> None:
        stage.generator.fail_after, stage.generator.token_ms = 2, 500
        await stage.turns.answer(Asked(CONFIG), Timeline())

    stage = play(story)
    assert stage.told == ["audible", "failed"]
    assert len(stage.generator.requests) == 1


def test_made_again_it_waits_for_the_engines_with_a_bound() -> None:
    async def story(stage: Stage) -> None:
        pulse = stage.engines.pulses.llm
        away = asyncio.create_task(pulse.watch(_never))
        await asyncio.sleep(1)
        await stage.turns.answer_again(Asked(CONFIG), Timeline())
        await asyncio.sleep(BACK_S - 0.1)
        assert not stage.generator.requests
        await stage.turns.ended()
        assert stage.statuses == ["in_progress", "completed"]
        away.cancel()

    play(story)


async def _never() -> bool:
    return False


def test_an_apology_takes_no_engine() -> None:
    async def story(stage: Stage) -> None:
        await stage.turns.apologise(CONFIG)

    stage = play(story)
    assert stage.statuses == ["in_progress", "completed"]
    assert (stage.told, stage.record.apologies) == (["audible", "over"], 1)
    assert stage.audio_ms and not stage.generator.requests


# Stopped


@pytest.mark.parametrize(("unsaid", "said"), [(False, ["hello", "One two "]), (True, ["hello"])])
def test_stopped_it_tells_its_end_to_the_client_and_not_to_whoever_stopped_it(
    unsaid: bool, said: list[str]
) -> None:
    async def story(stage: Stage) -> None:
        stage.hear("hello")
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await asyncio.sleep(0.15 + 0.65)
        stage.turns.stop(INTERRUPTED, unsaid=unsaid)
        await stage.turns.ended()
        assert not stage.turns.running

    stage = play(story)
    assert stage.said == said
    assert stage.told == ["audible"]


def test_another_begins_once_the_one_before_has_told_its_end() -> None:
    async def story(stage: Stage) -> None:
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await asyncio.sleep(0.5)
        stage.turns.stop(CANCELLED)
        await stage.turns.answer(Asked(CONFIG), Timeline())

    stage = play(story)
    assert stage.statuses == ["in_progress", "cancelled", "in_progress", "completed"]
    assert stage.told == ["audible", "audible", "over"]


@pytest.mark.parametrize("recital", [False, True])
def test_stopped_before_it_began_it_tells_nothing(recital: bool) -> None:
    """What would be `never awaited` is a warning, and so an error here."""

    async def story(stage: Stage) -> None:
        if recital:
            await stage.turns.recite(CONFIG, "Welcome.")
        else:
            await stage.turns.answer(Asked(CONFIG), Timeline())
        stage.turns.stop(CANCELLED)
        await stage.turns.ended()
        stage.turns.stop(CANCELLED)

    stage = play(story)
    assert stage.received == []
    assert stage.told == []
    assert not stage.generator.calls


def test_one_that_is_late_to_end_is_logged_and_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            stage = Stage(tasks, Outbox(1))
            await stage.turns.answer(Asked(CONFIG), Timeline())
            await asyncio.sleep(0.12)
            stage.turns.stop(CANCELLED)  # its end finds no room in the outbox
            late_id = stage.turns.response_id
            next_one = asyncio.create_task(stage.turns.recite(CONFIG, "Welcome."))
            await asyncio.sleep(END_S - 0.01)
            assert (caplog.text, stage.turns.response_id) == ("", late_id)
            await asyncio.sleep(0.02)
            assert "still ends" in caplog.text
            assert stage.turns.response_id not in (None, late_id)
            stage.outbox.close()
            await next_one

    run_virtual(main())


def test_another_may_begin_the_moment_one_is_over() -> None:
    """Whoever is told that a turn is over may ask for the next one there and then."""

    async def story(stage: Stage) -> None:
        async def over(_: Failure | None) -> None:
            if len(stage.generator.calls) < 3:
                await stage.turns.answer(Asked(CONFIG), Timeline())

        stage.turns._on_over = over
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await stage.turns.ended()
        assert len(stage.generator.calls) == 3
        # The first token, the voice, three words: three times over, with no wait between them.
        assert asyncio.get_running_loop().time() == pytest.approx(3 * (0.15 + 0.9))

    play(story)


# Ducked


def test_ducked_it_is_silent_and_goes_on() -> None:
    async def story(stage: Stage) -> None:
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await asyncio.sleep(0.5)
        stage.turns.duck()
        before = len(stage.audio_ms)
        await asyncio.sleep(5)
        assert len(stage.audio_ms) == before
        assert stage.turns.running
        stage.turns.unduck()
        await stage.turns.ended()

    stage = play(story)
    assert stage.statuses == ["in_progress", "completed"]
    assert stage.said == ["One two three."]


async def _ask_behind(stage: Stage) -> asyncio.Task[bool]:
    """Stop a reply, and ask for the next while that one still ends."""
    await stage.turns.answer(Asked(CONFIG), Timeline())
    await asyncio.sleep(0.5)
    stage.turns.stop(INTERRUPTED)
    waiting = asyncio.create_task(stage.turns.answer(Asked(CONFIG), Timeline()))
    await asyncio.sleep(0)
    assert not waiting.done()
    return waiting


def test_ducked_before_it_begins_it_begins_in_silence() -> None:
    async def story(stage: Stage) -> None:
        waiting = await _ask_behind(stage)
        stage.turns.duck()
        await waiting
        before = len(stage.audio_ms)
        await asyncio.sleep(5)
        assert stage.turns.running
        assert len(stage.audio_ms) == before
        stage.turns.unduck()
        await stage.turns.ended()
        assert len(stage.audio_ms) > before

    assert play(story).statuses == ["in_progress", "cancelled", "in_progress", "completed"]


def test_stopped_before_it_begins_it_never_does() -> None:
    async def story(stage: Stage) -> None:
        waiting = await _ask_behind(stage)
        stage.turns.stop(INTERRUPTED)
        await waiting
        assert not stage.turns.running

    stage = play(story)
    assert stage.statuses == ["in_progress", "cancelled"]
    assert len(stage.generator.calls) == 1


def test_a_reply_that_ends_while_it_is_ducked_does_not_silence_the_next() -> None:
    async def story(stage: Stage) -> None:
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await asyncio.sleep(0.5)
        stage.turns.duck()
        stage.turns.unduck()
        stage.turns.duck()
        stage.turns.stop(INTERRUPTED)
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await stage.turns.ended()

    assert play(story).statuses == ["in_progress", "cancelled", "in_progress", "completed"]


# On trust


def test_an_answer_on_trust_is_made_and_not_heard() -> None:
    async def story(stage: Stage) -> None:
        stage.hear("hello")
        stage.turns.speculate(CONFIG, "there", Timeline())
        await asyncio.sleep(60)
        assert not stage.turns.running
        assert stage.turns.response_id is None
        stage.turns.discard()
        await asyncio.sleep(1)
        assert stage.generator.calls[0].cancelled

    stage = play(story)
    assert stage.asked == [["hello there"]]
    assert stage.received == []
    assert stage.told == []
    assert stage.said == ["hello"]


def test_played_it_is_heard_at_once_and_costs_no_second_generation() -> None:
    async def story(stage: Stage) -> None:
        stage.turns.speculate(CONFIG, "hello", Timeline())
        await asyncio.sleep(3)
        stage.hear("hello")
        await stage.turns.play(CONFIG, Timeline())
        assert stage.turns.running
        await stage.turns.ended()

    stage = play(story)
    assert stage.audio_ms[0] == 3000
    assert stage.asked == [["hello"]]
    assert stage.told == ["audible", "over"]
    assert stage.said == ["hello", "One two three."]


def test_played_it_has_the_marks_of_both() -> None:
    async def story(stage: Stage) -> None:
        stage.turns.speculate(CONFIG, "hello", Timeline())
        await asyncio.sleep(3)
        stage.hear("hello")
        timeline = Timeline()
        timeline.mark(Mark.FINAL, 3.0)
        await stage.turns.play(CONFIG, timeline)

    stage = play(story)
    done = next(
        item["response"]
        for _, item in stage.received
        if not isinstance(item, bytes) and item["type"] == "response.done"
    )
    timeline = done["antiphon"]["timeline_ms"]
    assert (timeline["generation_started"], timeline["final"], timeline["audible"]) == (
        0.0,
        3000.0,
        3000.0,
    )


def test_another_on_trust_takes_the_place_of_the_one_before() -> None:
    async def story(stage: Stage) -> None:
        for text in ("how", "how are you"):
            stage.turns.speculate(CONFIG, text, Timeline())
            await asyncio.sleep(1)
        assert [call.cancelled for call in stage.generator.calls] == [True, True]
        stage.hear("how are you")
        await stage.turns.play(CONFIG, Timeline())

    stage = play(story)
    assert stage.asked == [["how"], ["how are you"]]
    assert stage.statuses == ["in_progress", "completed"]


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONFIG, instructions="Be brief."),
        replace(CONFIG, voice="joe"),
        replace(CONFIG, audio_out=False),
    ],
)
def test_one_that_was_begun_with_other_settings_is_made_anew(
    changed: session_config.SessionConfig,
) -> None:
    async def story(stage: Stage) -> None:
        stage.turns.speculate(CONFIG, "hello", Timeline())
        await asyncio.sleep(1)
        stage.hear("hello")
        await stage.turns.play(changed, Timeline())

    stage = play(story)
    told = ["Be brief."] if changed.instructions else []
    assert stage.asked == [["hello"], [*told, "hello"]]
    assert stage.statuses == ["in_progress", "completed"]


def test_where_nothing_was_made_on_trust_it_is_made_now() -> None:
    async def story(stage: Stage) -> None:
        stage.hear("hello")
        await stage.turns.play(CONFIG, Timeline())

    stage = play(story)
    assert stage.asked == [["hello"]]
    assert stage.statuses == ["in_progress", "completed"]


def test_one_that_failed_on_trust_is_made_anew_when_it_is_played() -> None:
    async def story(stage: Stage) -> None:
        stage.generator.fail_after = 0
        stage.turns.speculate(CONFIG, "hello", Timeline())
        await asyncio.sleep(1)
        assert (stage.received, stage.told) == ([], [])
        stage.generator.fail_after = None
        await stage.turns.play(CONFIG, Timeline())

    stage = play(story)
    assert stage.statuses == ["in_progress", "completed"]
    assert stage.told == ["audible", "over"]


@pytest.mark.parametrize("played", [False, True])
def test_discarded_or_stopped_before_it_began_it_leaves_nothing(played: bool) -> None:
    async def story(stage: Stage) -> None:
        stage.turns.speculate(CONFIG, "hello", Timeline())
        if played:
            await stage.turns.play(CONFIG, Timeline())
            stage.turns.stop(CANCELLED)
        stage.turns.discard()
        stage.turns.discard()
        await asyncio.sleep(1)

    stage = play(story)
    assert (stage.received, stage.told, stage.said) == ([], [], [])
    assert not stage.generator.calls


# What the client asks for


def test_the_next_reply_may_be_asked_for_once_this_one_was_told_whole() -> None:
    async def story(stage: Stage) -> None:
        assert stage.turns.lets_ask
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await asyncio.sleep(0.5)
        assert not stage.turns.lets_ask
        await asyncio.sleep(0.45)
        assert stage.turns.running
        assert stage.turns.lets_ask
        await stage.turns.ended()
        assert stage.turns.lets_ask

    play(story)


def test_the_next_reply_may_be_asked_for_once_this_one_waits_for_an_output() -> None:
    async def story(stage: Stage) -> None:
        stage.generator.words = ["I look.", pb.ToolCall(id="c", name="look", arguments="{}")]
        await stage.turns.answer(Asked(CONFIG), Timeline())
        await asyncio.sleep(0.1)
        assert not stage.turns.lets_ask
        await asyncio.sleep(0.1)
        assert stage.turns.lets_ask
        assert not stage.told or stage.turns.running

    play(story)


def test_an_answer_on_trust_to_what_was_not_all_is_made_anew() -> None:
    async def story(stage: Stage) -> None:
        stage.turns.speculate(CONFIG, "hello", Timeline())
        await asyncio.sleep(1)
        stage.hear("wait.")
        stage.hear("hello")
        await stage.turns.play(CONFIG, Timeline())

    stage = play(story)
    assert stage.asked == [["hello"], ["wait. hello"]]
    assert stage.statuses == ["in_progress", "completed"]


def test_what_was_just_said_may_be_answered_without_being_kept() -> None:
    async def story(stage: Stage) -> None:
        stage.hear("hello")
        await stage.turns.answer(Asked(CONFIG), Timeline(), "(silence)")

    stage = play(story)
    assert stage.asked == [["hello (silence)"]]
    assert stage.said == ["hello", "One two three."]


def test_one_that_is_not_remembered_leaves_nothing_behind() -> None:
    async def story(stage: Stage) -> None:
        stage.hear("hello")
        await stage.turns.answer(Asked(CONFIG, instead=(), remembered=False), Timeline())

    stage = play(story)
    assert stage.asked == [[]]
    assert stage.said == ["hello"]
