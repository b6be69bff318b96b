"""Who speaks when: whole sessions over fakes, in virtual time, each story one hand-over of the floor.

Turns end after 500 ms of silence here, whatever was said; what the policies make of words is tested where
they are.
"""

from __future__ import annotations

import asyncio
import gc
import random
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.conversation.session import Session
from server.floor.interruption import InterruptionSettings, Overlap, Verdict, judge
from server.settings import AgentSettings
from tests.server.fakes import FakeGenerator, FakeSynthesizer
from tests.server.world import FRAME, PATIENCE_S, WORDS, Event, World, is_a, one_turn, tell
from tests.virtual_time import run_virtual

SILENCE_MS = 500
# The model's first word and the voice's first sound.
READY_MS = 150
LONG = [f"{number} " for number in range(30)]
WORD_MS = 300


def _setting(**detection: Any) -> Event:
    """Return the event that sets how turns end."""
    given = {"type": "server_vad", "silence_duration_ms": SILENCE_MS} | detection
    session = {"type": "realtime", "audio": {"input": {"turn_detection": given}}}
    return {"type": "session.update", "session": session}


async def _set(world: World, event: Event) -> None:
    world.send(event)
    await world.until("session.updated")


async def _answered(world: World, text: str = "first", **detection: Any) -> None:
    """Say `text` and hear the answer begin."""
    await _set(world, _setting(**detection))
    await world.speak(text)
    await world.until("output_audio_buffer.started")


def _asked(world: World, nth: int = -1) -> list[str]:
    """Return what the model was told, but for the instructions."""
    return [message.content for message in world.generator.requests[nth].messages[1:]]


def _at(world: World, kind: str, nth: int = 0) -> float:
    """Return when the client was told an event."""
    return [at for at, item in world.received if is_a(item, kind)][nth]


def _statuses(world: World) -> list[str]:
    return [event["response"]["status"] for event in world.events("response.done")]


# Answers on trust


def test_a_speculated_answer_plays_the_instant_the_turn_is_committed() -> None:
    async def story(world: World) -> None:
        await _answered(world)
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    committed_ms = _at(world, "input_audio_buffer.committed")
    assert committed_ms == pytest.approx(SILENCE_MS)
    assert world.audio_ms()[0] == committed_ms
    assert len(world.generator.requests) == 1
    assert _asked(world) == ["first"]


def test_an_answer_that_takes_longer_than_the_pause_plays_as_soon_as_it_is_there() -> None:
    async def story(world: World) -> None:
        await _answered(world)
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=FakeGenerator(WORDS, first_ms=700))
    assert world.audio_ms()[0] == pytest.approx(750)
    assert len(world.generator.requests) == 1


def test_a_caller_who_goes_on_before_the_commit_leaves_no_trace_of_the_speculation() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting())
        await world.speak("how are")
        await asyncio.sleep(0.4)
        world.recognizer.resume()
        world.recognizer.partial("how are you")
        await asyncio.sleep(1)
        assert world.generator.calls[0].cancelled
        assert "response.created" not in world.kinds()
        world.recognizer.pause("how are you", 2000)
        await world.until("output_audio_buffer.stopped")
        await one_turn(world)

    world = tell(story)
    assert [_asked(world, nth)[0] for nth in (0, 1)] == ["how are", "how are you"]
    assert _asked(world, 2) == ["how are you", "One two three.", "how are you"]
    assert _statuses(world) == ["completed", "completed"]
    transcripts = [
        event["transcript"]
        for event in world.events("conversation.item.input_audio_transcription.completed")
    ]
    assert transcripts == ["how are you", "how are you"]


def test_a_final_that_differs_from_what_was_trusted_is_answered_anew() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting())
        await world.speak("how are")
        take = world.recognizer.call.on_write

        def hear_more(request: Any) -> None:
            if request.HasField("finish"):
                world.recognizer.resume()
                world.recognizer.final("how are you")
            else:
                take(request)

        world.recognizer.call.on_write = hear_more
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert [_asked(world, nth) for nth in (0, 1)] == [["how are"], ["how are you"]]
    assert _statuses(world) == ["completed"]


# Reopening


def test_a_caller_who_goes_on_just_after_the_answer_began_reopens_the_turn() -> None:
    async def story(world: World) -> None:
        await _answered(world, "I would like")
        await asyncio.sleep(0.3)
        world.recognizer.start(2000)
        await asyncio.sleep(0.7)
        world.recognizer.partial("to order a pizza")
        world.recognizer.pause("to order a pizza", 3000)
        await world.until("output_audio_buffer.cleared")
        await world.until("output_audio_buffer.stopped")
        await one_turn(world)

    world = tell(story, generator=FakeGenerator(LONG))
    assert _statuses(world)[0] == "cancelled"
    # The reply is as if unsaid, and what the caller said before and after it is one message.
    assert _asked(world, 1) == ["I would like to order a pizza"]
    assert _asked(world, 2)[0] == "I would like to order a pizza"
    assert len(_asked(world, 2)) == 3


def test_a_caller_who_laughs_just_after_the_answer_began_is_answered_anew() -> None:
    async def story(world: World) -> None:
        await _answered(world, "I would like to order a pizza")
        await asyncio.sleep(0.3)
        world.recognizer.start(2000)
        await world.until("output_audio_buffer.cleared")
        world.recognizer.pause("", 3000)
        await world.until("output_audio_buffer.stopped")
        await one_turn(world)

    world = tell(story, generator=FakeGenerator(WORDS * 4))
    assert _statuses(world) == ["cancelled", "completed", "completed"]
    assert _asked(world, 1) == ["I would like to order a pizza"]
    reply = "".join(WORDS * 4)
    assert _asked(world, 2) == ["I would like to order a pizza", reply, "how are you"]


# Speech over the reply


def _goes_on(text: str) -> bool:
    """Return whether the policy lets a reply go on after `text` was said over it."""
    overlap = Overlap(600, 600, text, paused=True, spoken="One two three.")
    return judge(overlap, InterruptionSettings()) is Verdict.RESUME


@pytest.mark.parametrize("sound", [text for text in ("", "Mm-hm.") if _goes_on(text)])
def test_what_does_not_take_the_floor_silences_the_reply_and_it_resumes_at_the_word(
    sound: str,
) -> None:
    async def story(world: World) -> None:
        await _answered(world)
        await asyncio.sleep(0.805)
        world.recognizer.start(2000)
        await asyncio.sleep(0.6)
        world.recognizer.pause(sound, 2500)
        await world.until("output_audio_buffer.stopped")
        await asyncio.sleep(2)
        await one_turn(world)

    world = tell(story, generator=FakeGenerator(LONG))
    undisturbed = tell(lambda world: _two_turns(world), generator=FakeGenerator(LONG))
    assert world.kinds() == undisturbed.kinds()
    assert _asked(world) == _asked(undisturbed) == ["first", "".join(LONG), "how are you"]
    # Silent for as long as the sound was judged, but for what was ahead; then from the word on.
    audio = world.audio_ms()
    begun = audio[0]
    resumed = begun + 1405
    assert not [at for at in audio if begun + 805 < at < resumed - 1]
    said_again_ms = 1000 % WORD_MS  # 800 ms were heard, and 200 ms were ahead
    assert len(audio) == len(undisturbed.audio_ms()) + said_again_ms // 20
    ended = _at(world, "output_audio_buffer.stopped")
    assert ended == pytest.approx(resumed + len(LONG) * WORD_MS - 1000 + said_again_ms)


async def _two_turns(world: World) -> None:
    await _answered(world)
    await world.until("output_audio_buffer.stopped")
    await one_turn(world)


def test_an_interruption_ducks_at_once_stops_when_confirmed_and_is_told_only_then() -> None:
    async def story(world: World) -> None:
        await _answered(world)
        await asyncio.sleep(2)
        world.recognizer.start(3000)
        await asyncio.sleep(0.4)
        assert world.kinds().count("input_audio_buffer.speech_started") == 1
        assert len(_statuses(world)) == 0
        world.recognizer.pause("no wait stop that", 3300)
        await world.until("output_audio_buffer.cleared")
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=FakeGenerator(LONG))
    begun_ms = world.audio_ms()[0]
    stopped_ms = _at(world, "output_audio_buffer.cleared")
    assert stopped_ms == pytest.approx(begun_ms + 2400)
    assert not [at for at in world.audio_ms() if begun_ms + 2000 < at <= stopped_ms]
    assert _at(world, "input_audio_buffer.speech_started", 1) == stopped_ms
    done, _ = world.events("response.done")
    assert done["response"]["status_details"]["reason"] == "turn_detected"
    # 2000 ms were heard when it was silenced, and 200 ms were ahead: seven words.
    assert _asked(world) == ["first", "".join(LONG[:7]).strip() + " ", "no wait stop that"]
    assert world.generator.calls[0].cancelled and world.voice.calls[0].cancelled


def test_an_interruption_of_an_answer_that_is_not_heard_yet_takes_the_floor_too() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting())
        await world.speak("first")
        await world.until("response.created")
        world.recognizer.start(2000)
        await asyncio.sleep(0.6)
        world.recognizer.pause("no the other one", 3000)
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=FakeGenerator(WORDS, first_ms=3000))
    assert _statuses(world) == ["cancelled", "completed"]
    assert _asked(world) == ["first no the other one"]
    assert "output_audio_buffer.cleared" not in world.kinds()


def test_where_speech_interrupts_nothing_it_is_answered_after_the_reply() -> None:
    async def story(world: World) -> None:
        await _answered(world, interrupt_response=False)
        await asyncio.sleep(1)
        world.recognizer.say("and then", 2000, 3000)
        await world.until("input_audio_buffer.speech_started")
        await world.until("input_audio_buffer.speech_started")
        await world.until("output_audio_buffer.stopped")
        await world.until("output_audio_buffer.stopped")

    world = tell(story, generator=FakeGenerator(LONG))
    assert _statuses(world) == ["completed", "completed"]
    assert _asked(world) == ["first", "".join(LONG), "and then"]
    assert "output_audio_buffer.cleared" not in world.kinds()
    begun_ms = world.audio_ms()[0]
    over_ms = _at(world, "output_audio_buffer.stopped")
    assert over_ms == pytest.approx(begun_ms + len(LONG) * WORD_MS)
    assert _at(world, "response.created", 1) == pytest.approx(over_ms)
    assert _at(world, "output_audio_buffer.started", 1) == pytest.approx(over_ms + READY_MS)


def test_a_reply_that_ends_while_it_is_spoken_over_leaves_an_ordinary_turn() -> None:
    async def story(world: World) -> None:
        await _answered(world)
        await asyncio.sleep(0.85)  # of 900 ms, which all are sent
        world.recognizer.start(2000)
        world.recognizer.partial("yes")
        await asyncio.sleep(1)
        world.recognizer.pause("yes and then", 3000)
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert _statuses(world)[-1] == "completed"
    assert _asked(world)[-1].endswith("yes and then")


# Silence


def _said(world: World) -> list[str]:
    return [
        event["response"]["output"][0]["content"][0]["transcript"]
        for event in world.events("response.done")
    ]


PATIENT = AgentSettings(silent_s=20, reprompts=("Hello?", "Still there?"), farewell="Goodbye!")


def test_a_silent_caller_is_asked_twice_and_left() -> None:
    async def story(world: World) -> None:
        await world.over.wait()

    world = tell(story, agent=PATIENT)
    assert _said(world) == ["Hello?", "Still there?", "Goodbye!"]
    begun = [at for at, item in world.received if is_a(item, "output_audio_buffer.started")]
    # 50 ms until the voice is there, and 300 ms of speech.
    assert begun == pytest.approx([20_050, 40_400, 60_750])
    assert _at(world, "output_audio_buffer.stopped", 2) == pytest.approx(61_050)
    assert not world.generator.requests


def test_a_caller_who_speaks_up_is_answered_and_asked_again_from_the_first() -> None:
    async def story(world: World) -> None:
        await world.until("output_audio_buffer.stopped")
        await asyncio.sleep(5)
        await world.speak("yes")
        await world.over.wait()

    world = tell(story, agent=PATIENT)
    assert _said(world) == [
        "Hello?",
        "One two three.",
        "Hello?",
        "Still there?",
        "Goodbye!",
    ]
    assert _asked(world) == ["Hello?", "yes"]


def _typed(text: str) -> Event:
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    return {"type": "conversation.item.create", "item": item}


def test_a_caller_who_types_is_asked_from_the_first_again_and_is_not_left() -> None:
    async def story(world: World) -> None:
        for _ in range(4):
            await world.until("output_audio_buffer.stopped")  # of the re-prompt
            world.send(_typed("hello"))
            world.send({"type": "response.create"})
            await world.until("output_audio_buffer.stopped")

    world = tell(story, agent=PATIENT)
    assert _said(world) == ["Hello?", "One two three."] * 4


@pytest.mark.parametrize("event", ["response.cancel", "output_audio_buffer.clear"])
def test_a_client_that_ends_the_farewell_is_not_left(event: str) -> None:
    async def story(world: World) -> None:
        await world.until("output_audio_buffer.started")
        world.send({"type": event})
        await asyncio.sleep(10)
        assert not world.over.is_set()

    agent = AgentSettings(silent_s=20, reprompts=())
    world = tell(story, agent=agent, voice=FakeSynthesizer(word_ms=3000))
    assert _statuses(world) == ["cancelled"]


def test_what_is_asked_for_while_the_farewell_is_heard_is_answered_and_nobody_is_left() -> None:
    async def story(world: World) -> None:
        await world.until("response.done")
        assert "output_audio_buffer.stopped" not in world.kinds()
        world.send(_typed("wait"))
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")
        await world.until("output_audio_buffer.stopped")
        await asyncio.sleep(10)
        assert not world.over.is_set()

    world = tell(story, agent=AgentSettings(silent_s=20, reprompts=(), farewell="Bye."))
    assert _said(world) == ["Bye.", "One two three."]


def test_a_client_may_set_its_own_patience() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting(idle_timeout_ms=6000))
        await world.until("output_audio_buffer.started")

    assert _at(tell(story), "output_audio_buffer.started") == pytest.approx(6150)


def test_an_agent_without_end_to_its_patience_waits_for_ever() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(24 * 3600)
        await one_turn(world)

    world = tell(story, agent=AgentSettings(silent_s=0))
    assert _said(world) == ["One two three."]


def test_a_caller_who_answers_the_farewell_is_not_left() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting())
        await world.until("output_audio_buffer.started")
        await asyncio.sleep(0.4)
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.start(1000)
        await asyncio.sleep(0.6)
        world.recognizer.pause("wait I am here", 2000)
        await world.until("output_audio_buffer.stopped")
        await asyncio.sleep(10)
        assert not world.over.is_set()

    agent = AgentSettings(silent_s=20, reprompts=())
    world = tell(story, agent=agent, voice=FakeSynthesizer(word_ms=3000))
    assert _statuses(world) == ["cancelled", "completed"]
    assert _asked(world) == ["wait I am here"]


# Lines


async def _over_two_lines(world: World, between_s: float, *stories: Callable[[World], Any]) -> None:
    """Tell each story over a line of its own, which breaks after the first."""
    async with asyncio.TaskGroup() as group:
        living = group.create_task(world.session.run())
        for story in stories:
            attending = group.create_task(world.attend())
            await story(world)
            if story is stories[-1]:
                world.hang_up()
            else:
                world.lose_line()
            await attending
            await asyncio.sleep(between_s)
        await living


def _two_lines(
    *stories: Callable[[World], Awaitable[None]],
    agent: AgentSettings | None = None,
    generator: FakeGenerator | None = None,
    between_s: float = 50,
) -> World:
    async def main() -> World:
        world = World(
            agent or AgentSettings(), generator or FakeGenerator(WORDS), FakeSynthesizer()
        )
        await _over_two_lines(world, between_s, *stories)
        return world

    return run_virtual(main())


def test_a_caller_whose_line_broke_comes_back_to_the_same_session() -> None:
    async def second(world: World) -> None:
        world.recognizer.opened.clear()
        await one_turn(world)

    async def first(world: World) -> None:
        await world.until("output_audio_buffer.stopped")
        await one_turn(world)

    world = _two_lines(first, second, agent=AgentSettings(greeting="Welcome."))
    created = world.events("session.created")
    assert len(created) == 2
    assert created[0]["session"]["id"] == created[1]["session"]["id"]
    assert world.recognizer.streams == 2
    # Greeted once, and nobody was asked to speak while nobody was there.
    assert _said(world) == ["Welcome.", "One two three.", "One two three."]
    assert _asked(world) == ["Welcome.", "how are you", "One two three.", "how are you"]


def test_what_was_being_said_when_the_line_broke_is_kept_as_far_as_it_was_heard() -> None:
    async def first(world: World) -> None:
        await _answered(world)
        await asyncio.sleep(1.3)

    async def second(world: World) -> None:
        world.recognizer.opened.clear()
        await world.until("session.created")
        await one_turn(world)

    world = _two_lines(first, second, generator=FakeGenerator(LONG))
    assert _asked(world) == ["first", "".join(LONG[:4]), "how are you"]
    again = world.kinds().index("session.created", 1)
    assert world.kinds()[again + 1] == "input_audio_buffer.speech_started"
    assert not [
        at
        for at, item in world.received
        if isinstance(item, bytes) and _at(world, "session.created", 1) == at
    ]


def test_what_was_answered_on_trust_when_the_line_broke_never_existed() -> None:
    async def first(world: World) -> None:
        await _set(world, _setting())
        await world.speak("never mind")
        await asyncio.sleep(0.3)

    async def second(world: World) -> None:
        world.recognizer.opened.clear()
        await one_turn(world)

    world = _two_lines(first, second)
    assert world.generator.calls[0].cancelled
    assert _asked(world) == ["how are you"]
    assert _statuses(world) == ["completed"]


def test_a_caller_who_hangs_up_ends_the_session_and_one_who_is_lost_does_not() -> None:
    async def main() -> None:
        world = World(AgentSettings(), FakeGenerator(WORDS), FakeSynthesizer())
        living = asyncio.create_task(world.session.run())
        attending = asyncio.create_task(world.attend())
        await world.until("session.created")
        world.lose_line()
        await attending
        await asyncio.sleep(PATIENCE_S)
        assert not living.done()
        world.session.close()
        await living

    run_virtual(main())


# What clients may ask for


def test_without_create_response_what_was_said_waits_for_the_client_to_ask() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting(create_response=False))
        await world.speak("hello")
        await world.until("conversation.item.input_audio_transcription.completed")
        await asyncio.sleep(5)
        assert not world.generator.requests
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert _asked(world) == ["hello"]
    assert _at(world, "input_audio_buffer.committed") == pytest.approx(SILENCE_MS)


def test_where_nothing_is_spoken_a_spoken_question_is_answered_in_writing() -> None:
    async def story(world: World) -> None:
        await _set(world, _setting())
        await _set(
            world,
            {
                "type": "session.update",
                "session": {"type": "realtime", "output_modalities": ["text"]},
            },
        )
        await world.speak("hello")
        await world.until("response.done")
        await world.speak("and now")
        await world.until("response.done")

    world = tell(story)
    assert not world.audio_ms() and not world.voice.calls
    assert _asked(world) == ["hello", "One two three.", "and now"]
    assert _at(world, "response.done") == pytest.approx(SILENCE_MS)
    assert not [kind for kind in world.kinds() if "output_audio" in kind]


def test_a_client_that_asks_for_it_is_told_what_the_agent_does() -> None:
    async def story(world: World) -> None:
        extension = {"type": "realtime", "antiphon": {"events": True}}
        await _set(world, {"type": "session.update", "session": extension})
        await _answered(world)
        await asyncio.sleep(0.5)
        world.recognizer.start(2000)
        await asyncio.sleep(0.5)
        world.recognizer.pause("", 2400)
        await world.until("output_audio_buffer.stopped")
        await asyncio.sleep(1)

    world = tell(story, generator=FakeGenerator(LONG, first_ms=700))
    assert [event["state"] for event in world.events("antiphon.state")] == [
        "thinking",
        "speaking",
        "listening",
        "speaking",
        "listening",
    ]


def test_a_client_that_does_not_ask_for_them_meets_openais_events_only() -> None:
    assert not [kind for kind in tell(one_turn).kinds() if kind.startswith("antiphon")]


# What is left behind


async def _life(chance: random.Random) -> None:
    """Open a session, talk to it, and drop it at some point."""
    agent = AgentSettings(greeting=chance.choice(["", "Welcome."]), silent_s=1)
    generator = FakeGenerator(WORDS, fail_after=chance.choice([None, None, 1]))
    world = World(agent, generator, FakeSynthesizer())
    living = asyncio.create_task(world.run())
    for _ in range(chance.randrange(6)):
        match chance.randrange(4):
            case 0:
                world.send(FRAME)
            case 1:
                world.recognizer.say(chance.choice(["", "hello", "how are you"]))
            case 2:
                world.send({"type": "response.create"})
            case 3:
                await asyncio.sleep(chance.uniform(0, 1.5))
    ends: list[Callable[[], object]] = [
        world.hang_up,
        world.lose_line,
        living.cancel,
        world.session.close,
    ]
    chance.choice(ends)()
    await asyncio.sleep(chance.uniform(0, 3))
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)


def _sessions() -> int:
    gc.collect()
    return sum(isinstance(each, Session) for each in gc.get_objects())


def test_a_thousand_sessions_leave_no_task_no_thread_and_no_session() -> None:
    async def main() -> None:
        chance = random.Random(7)
        threads, sessions = threading.active_count(), _sessions()
        for _ in range(10):
            async with asyncio.TaskGroup() as callers:
                for _ in range(100):
                    callers.create_task(_life(random.Random(chance.random())))
        # What the garbage collector finds, a task of its own closes.
        gc.collect()
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        # Fewer, where a thread of an earlier test ended meanwhile.
        assert threading.active_count() <= threads
        assert _sessions() == sessions

    run_virtual(main())
