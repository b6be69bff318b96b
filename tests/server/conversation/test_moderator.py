"""What happens is told to the dialogue, and what it asks for is done: at once, or in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from math import inf

import numpy as np
import pytest

from antiphon.audio import encode
from antiphon.v1 import generator_pb2 as pb
from server.conversation import moderator
from server.conversation.asked import Asked
from server.conversation.moderator import Moderator
from server.conversation.outbox import MAX_ITEMS, Audio, Outbox
from server.conversation.tasks import Tasks
from server.engines.failure import Engine
from server.floor import events as ev
from server.floor.endpointing import Evidence, FixedSilence
from server.floor.rules import Rules
from server.realtime import server_events, session_config
from server.realtime.session_config import SessionConfig, TurnDetection
from server.settings import AgentSettings
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.server.recording import Recording
from tests.server.world import FRAME, WORDS, Event, event_of, wired
from tests.virtual_time import run_virtual

AGENT = AgentSettings(
    instructions="",
    greeting="Welcome.",
    silent_s=20,
    reprompts=("Hello?", "Still there?"),
    farewell="Goodbye!",
)
CONFIG = replace(session_config.initial(AGENT), turn_detection=TurnDetection("server_vad", 500))
LONG = [f"{number} " for number in range(30)]


class Floor:
    """A moderator over fakes, and what the client was told."""

    def __init__(self, tasks: asyncio.TaskGroup, words: list[str], config: SessionConfig) -> None:
        self.recognizer = FakeRecognizer()
        self.generator = FakeGenerator(words)
        self.outbox = Outbox()
        self.events: list[Event] = []
        self.audio_ms: list[float] = []
        self.hung_up = asyncio.Event()
        self.engines = services(self.recognizer, self.generator, FakeSynthesizer())
        self.record = Recording()
        self.moderator = Moderator(
            self.engines,
            AGENT,
            config,
            wired(self.outbox),
            tasks,
            self.hung_up.set,
            self.record,
            lambda: self.masked_ms,
        )
        self.masked_ms = 0.0

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def said(self) -> list[str]:
        return [message.content for message in self.moderator.history.messages("")]

    async def listen(self) -> None:
        """Send the first audio."""
        await self.moderator.ear.hear(FRAME, self.moderator.config)

    async def hear(self, db: float, ms: float) -> None:
        """Send a tone as loud as that."""
        wire = self.moderator.config.input_format
        times_s = np.arange(round(wire.rate_hz * ms / 1000)) / wire.rate_hz
        tone = np.sin(2 * np.pi * 200 * times_s) * 32_767 * 10 ** (db / 20)
        await self.moderator.ear.hear(
            encode(tone.astype(np.int16), wire.encoding), self.moderator.config
        )

    async def read(self) -> None:
        async for item in self.outbox:
            if isinstance(item, Audio):
                self.audio_ms.append(now_s() * 1000)
            else:
                self.events.append(event_of(item))


def now_s() -> float:
    return asyncio.get_running_loop().time()


def play(
    story: Callable[[Floor], Awaitable[None]],
    words: list[str] = WORDS,
    config: SessionConfig = CONFIG,
) -> Floor:
    """Return the floor after `story`, its client reading all the while."""

    async def main() -> Floor:
        async with asyncio.TaskGroup() as reading:
            async with Tasks() as tasks:
                floor = Floor(tasks, words, config)
                reading.create_task(floor.read())
                clock = tasks.create_task(floor.moderator.keep_time())
                await story(floor)
                clock.cancel()
                floor.moderator.drop()
            floor.outbox.close()
        return floor

    return run_virtual(main())


def test_what_the_recogniser_reports_becomes_a_turn() -> None:
    async def story(floor: Floor) -> None:
        await floor.listen()
        floor.recognizer.start(0)
        floor.recognizer.partial("how")
        await asyncio.sleep(0.1)
        assert floor.kinds[0] == "input_audio_buffer.speech_started"
        assert not floor.moderator.busy
        floor.recognizer.pause("how are you", 20, probability=0.7)
        await asyncio.sleep(0.4)
        assert not floor.moderator.busy
        assert len(floor.generator.requests) == 1
        await asyncio.sleep(0.2)
        assert floor.moderator.busy
        await floor.moderator.turns.ended()
        assert not floor.moderator.busy

    floor = play(story)
    assert floor.said == ["how are you", "One two three."]
    assert len(floor.generator.requests) == 1
    assert floor.generator.warmed


def test_what_is_known_before_the_pause_is_answered_on_trust() -> None:
    async def story(floor: Floor) -> None:
        await floor.listen()
        floor.recognizer.start(0)
        floor.recognizer.hush(end_ms=20)
        await asyncio.sleep(0.1)
        assert not floor.generator.requests
        floor.recognizer.hush("hello", end_ms=20)
        await asyncio.sleep(0.1)
        assert len(floor.generator.requests) == 1
        floor.recognizer.pause("hello", 20)
        await asyncio.sleep(1)

    floor = play(story)
    assert len(floor.generator.requests) == 1
    assert floor.said[0] == "hello"


def test_the_turn_is_committed_so_long_after_the_voice_ended_and_not_after_it_was_decoded() -> None:
    async def story(floor: Floor) -> None:
        await floor.listen()
        floor.recognizer.start(0)
        await asyncio.sleep(0.3)
        # Told 300 ms after the voice had ended, of which 200 ms more are waited.
        floor.recognizer.pause("hello", 20)
        await asyncio.sleep(1)

    floor = play(story)
    assert floor.audio_ms[0] == pytest.approx(500)
    done = floor.events[floor.kinds.index("response.done")]
    timeline = done["response"]["antiphon"]["timeline_ms"]
    assert (timeline["speech_ended"], timeline["pause"], timeline["committed"]) == (0, 300, 500)


def test_the_policy_is_told_how_long_the_silence_was_in_the_callers_own_audio(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[float] = []

    class Notes(FixedSilence):
        def wait_ms(self, evidence: Evidence) -> float:
            told.append(evidence.longest_pause_ms)
            return 5000

    monkeypatch.setattr(moderator, "rules_of", lambda *_: Rules(Notes(500)))

    async def story(floor: Floor) -> None:
        for _ in range(50):
            await floor.listen()
            await asyncio.sleep(0.02)
        floor.recognizer.start(0)
        floor.recognizer.pause("how are", 200)
        # Told half a second after it is there.
        floor.recognizer.resume(500)
        floor.recognizer.pause("how are you", 900)
        await asyncio.sleep(0.1)

    play(story)
    assert told == [0, pytest.approx(300)]


def test_a_caller_who_goes_on_is_waited_for() -> None:
    async def story(floor: Floor) -> None:
        await floor.listen()
        floor.recognizer.say("how are")
        await asyncio.sleep(0.3)
        floor.recognizer.resume()
        await asyncio.sleep(5)
        assert floor.generator.calls[0].cancelled
        assert not floor.moderator.busy

    assert play(story).said == []


@pytest.mark.parametrize(
    ("what", "nth", "words"),
    [
        (ev.Recital.GREETING, 0, "Welcome."),
        (ev.Recital.REPROMPT, 0, "Hello?"),
        (ev.Recital.REPROMPT, 1, "Still there?"),
        (ev.Recital.FAREWELL, 0, "Goodbye!"),
    ],
)
def test_what_the_agent_says_of_its_own_accord_is_set_for_it(
    what: ev.Recital, nth: int, words: str
) -> None:
    async def story(floor: Floor) -> None:
        # As many silences as it takes.
        await floor.moderator.tell(ev.Connected(greets=what is ev.Recital.GREETING))
        while words not in " ".join(floor.said):  # noqa: ASYNC110 - nobody tells when it is said
            await asyncio.sleep(1)

    assert play(story).said[-1].endswith(words)


def test_after_the_farewell_the_session_is_hung_up() -> None:
    async def story(floor: Floor) -> None:
        await floor.moderator.tell(ev.Connected())
        await floor.hung_up.wait()
        assert now_s() == pytest.approx(20 * 3 + 0.35 * 3)

    assert play(story).said == ["Hello? Still there? Goodbye!"]


def test_it_goes_by_what_it_is_set_to_from_then_on() -> None:
    async def story(floor: Floor) -> None:
        await floor.moderator.tell(ev.Connected())
        await asyncio.sleep(1)
        patient = TurnDetection("server_vad", 500, idle_timeout_ms=5000)
        await floor.moderator.configure(replace(CONFIG, turn_detection=patient))
        await asyncio.sleep(4.5)
        # The model answers a silence that the client asked to have answered.
        assert floor.audio_ms[0] == pytest.approx(5150)
        await floor.moderator.turns.ended()
        await floor.moderator.configure(replace(CONFIG, turn_detection=None))
        await floor.listen()
        floor.recognizer.say("hello")
        await asyncio.sleep(2)
        assert "input_audio_buffer.speech_started" not in floor.kinds
        await floor.moderator.tell(ev.Committed())
        await floor.moderator.tell(ev.ReplyRequested())
        await asyncio.sleep(2)

    assert play(story).said == ["One two three.", "hello", "One two three."]


def test_its_state_is_told_where_that_is_asked_for_and_when_it_changes() -> None:
    async def story(floor: Floor) -> None:
        await floor.listen()
        floor.recognizer.say("hello")
        await asyncio.sleep(3)

    told = play(story, config=replace(CONFIG, extensions=True)).events
    states = [event["state"] for event in told if event["type"] == "antiphon.state"]
    assert states[-2:] == ["speaking", "listening"]
    assert all(before != after for before, after in pairwise(states))
    assert "antiphon.state" not in play(story).kinds


def test_the_last_state_is_told_before_the_session_is_hung_up() -> None:
    async def story(floor: Floor) -> None:
        await floor.moderator.tell(ev.Connected())
        await floor.hung_up.wait()
        floor.outbox.close()

    told = play(story, config=replace(CONFIG, extensions=True)).events
    assert [event.get("state") for event in told[-2:]] == [None, "ended"]
    assert told[-2]["type"] == "output_audio_buffer.stopped"


async def _audible(floor: Floor) -> None:
    """Have a long answer begin, and the client stop reading it."""
    await floor.listen()
    floor.recognizer.say("hello")
    await _reply_audible(floor)


async def _reply_audible(floor: Floor) -> None:
    while not floor.audio_ms:  # noqa: ASYNC110 - in virtual time that costs nothing
        await asyncio.sleep(0.01)
    await asyncio.sleep(2)


def test_silence_waits_for_no_client() -> None:
    async def main() -> None:
        async with Tasks() as tasks:
            floor = Floor(tasks, LONG, CONFIG)
            reading = asyncio.create_task(floor.read())
            clock = tasks.create_task(floor.moderator.keep_time())
            await _audible(floor)
            reading.cancel()
            await floor.outbox.put(*[server_events.state("speaking")] * MAX_ITEMS)
            # One waits for the client to read; what is to be silenced does not wait for that.
            waiting = asyncio.create_task(floor.moderator.tell(ev.Committed()))
            await asyncio.sleep(0.1)
            stopping = asyncio.create_task(floor.moderator.tell(ev.ReplyCancelled()))
            await asyncio.sleep(0.1)
            assert not floor.moderator.busy
            heard = floor.said[1]
            assert heard.startswith("0 1 2 3 4 5 ")
            await asyncio.sleep(5)
            assert floor.said[1] == heard
            floor.outbox.close()
            await asyncio.wait({waiting, stopping})
            clock.cancel()
            floor.moderator.drop()

    run_virtual(main())


def test_what_was_cancelled_while_it_waited_for_a_slow_client_never_begins() -> None:
    async def main() -> None:
        async with Tasks() as tasks:
            floor = Floor(tasks, LONG, CONFIG)
            await floor.listen()
            await floor.outbox.put(*[server_events.state("speaking")] * MAX_ITEMS)
            floor.recognizer.start(0)
            await asyncio.sleep(0.1)  # that the caller spoke waits to be told
            ending = asyncio.create_task(floor.moderator.tell(ev.Final("")))
            await asyncio.sleep(0.1)
            asking = asyncio.create_task(floor.moderator.tell(ev.ReplyRequested()))
            await asyncio.sleep(0.1)
            cancelling = asyncio.create_task(floor.moderator.tell(ev.ReplyCancelled()))
            await asyncio.sleep(0.1)
            reading = asyncio.create_task(floor.read())
            await asyncio.wait({ending, asking, cancelling})
            await asyncio.sleep(5)
            assert not floor.generator.requests
            assert "response.created" not in floor.kinds
            floor.moderator.drop()
            floor.outbox.close()
            await reading

    run_virtual(main())


def test_what_was_asked_of_a_reply_that_never_began_is_asked_of_no_other() -> None:
    async def main() -> None:
        async with Tasks() as tasks:
            floor = Floor(tasks, WORDS, CONFIG)
            await floor.listen()
            await floor.outbox.put(*[server_events.state("speaking")] * MAX_ITEMS)
            floor.recognizer.start(0)
            await asyncio.sleep(0.1)  # that the caller spoke waits to be told
            ending = asyncio.create_task(floor.moderator.tell(ev.Final("")))
            await asyncio.sleep(0.1)
            numbers = Asked(replace(CONFIG, instructions="Only numbers."))
            waiting = [ending, asyncio.create_task(floor.moderator.request(numbers))]
            for event in (ev.SpeechStarted(), ev.Partial("no wait stop that")):
                await asyncio.sleep(0.1)
                waiting.append(asyncio.create_task(floor.moderator.tell(event)))
            await asyncio.sleep(0.1)
            reading = asyncio.create_task(floor.read())
            await asyncio.wait(waiting)
            assert not floor.moderator.busy
            await floor.moderator.tell(ev.Final("no wait stop that"))
            await floor.moderator.turns.ended()
            floor.moderator.drop()
            floor.outbox.close()
            await reading
            (request,) = floor.generator.requests
            assert [message.content for message in request.messages] == ["no wait stop that"]
            # Whoever asked is told what became of it.
            done = [event["response"] for event in floor.events if event["type"] == "response.done"]
            assert [response["status"] for response in done] == ["cancelled", "completed"]

    run_virtual(main())


@pytest.mark.parametrize("sound", ["", "no wait stop that"])
def test_speech_over_the_reply_silences_it_at_once_whatever_becomes_of_it(sound: str) -> None:
    async def story(floor: Floor) -> None:
        await _audible(floor)
        floor.recognizer.start(3000)
        await asyncio.sleep(0)
        before = len(floor.audio_ms)
        await asyncio.sleep(0.5)
        assert len(floor.audio_ms) == before
        floor.recognizer.pause(sound, 3400)
        await asyncio.sleep(0.1)
        assert (len(floor.audio_ms) > before) == (sound == "")
        assert ("output_audio_buffer.cleared" in floor.kinds) == (sound != "")

    play(story, LONG)


@pytest.mark.parametrize(("db", "stops"), [(-25, True), (-40, False)])
def test_who_is_softer_than_the_caller_was_does_not_stop_the_reply(db: float, stops: bool) -> None:
    async def story(floor: Floor) -> None:
        await floor.hear(-20, 1000)
        floor.recognizer.say("hello there", 0, 1000)
        await _reply_audible(floor)
        await floor.hear(db, 800)
        floor.recognizer.start(1000)
        floor.recognizer.pause("no wait stop that", 1800)
        await asyncio.sleep(0.1)
        assert ("output_audio_buffer.cleared" in floor.kinds) == stops

    play(story, LONG)


def test_who_comes_back_on_another_line_may_be_softer() -> None:
    async def story(floor: Floor) -> None:
        await floor.hear(-20, 1000)
        floor.recognizer.say("hello there", 0, 1000)
        await _reply_audible(floor)
        assert floor.moderator.ear.level.own_ms(0) < inf
        await floor.moderator.leave()
        assert floor.moderator.ear.level.own_ms(0) == inf

    play(story, LONG)


@pytest.mark.parametrize(("masked_ms", "stops"), [(0.0, False), (60.0, True)])
def test_what_is_lost_of_a_voice_before_it_is_noticed_counts(masked_ms: float, stops: bool) -> None:
    async def story(floor: Floor) -> None:
        await _audible(floor)
        floor.masked_ms = masked_ms
        floor.recognizer.start(3000)
        await asyncio.sleep(0.32)
        floor.recognizer.pause("Seven.", 3320)
        await asyncio.sleep(0.1)
        assert ("output_audio_buffer.cleared" in floor.kinds) == stops

    play(story, LONG)


def test_hearing_out_answers_what_was_said_last() -> None:
    async def story(floor: Floor) -> None:
        await floor.listen()
        floor.recognizer.say("bye")
        await asyncio.sleep(0.1)
        await floor.moderator.hear_out()
        assert not floor.moderator.turns.running

    assert play(story).said == ["bye", "One two three."]


def test_hearing_out_waits_for_what_is_answered_after_the_reply() -> None:
    async def story(floor: Floor) -> None:
        await _audible(floor)
        floor.recognizer.say("and then", 3000, 4000)
        await asyncio.sleep(0.1)
        await floor.moderator.hear_out()

    patient = TurnDetection("server_vad", 500, interrupt_response=False)
    floor = play(story, LONG, replace(CONFIG, turn_detection=patient))
    assert floor.said == ["hello", "".join(LONG), "and then", "".join(LONG)]


def test_leaving_ends_all_that_was_under_way_and_tells_its_end_before_it_returns() -> None:
    async def story(floor: Floor) -> None:
        await _audible(floor)
        call = floor.recognizer.call
        await floor.moderator.leave()
        assert call.cancelled
        assert not floor.moderator.busy
        assert not floor.moderator.turns.running
        before = len(floor.audio_ms)
        await asyncio.sleep(60)
        assert len(floor.audio_ms) == before

    floor = play(story, LONG)
    assert floor.kinds[-1] == "output_audio_buffer.cleared"
    assert floor.moderator.history.messages("")[-1].role == pb.ROLE_ASSISTANT


def test_where_the_engine_is_well_again_a_reply_is_made_again_in_silence() -> None:
    async def story(floor: Floor) -> None:
        floor.generator.fail_after = 0
        await floor.listen()
        floor.recognizer.say("hello", 0, 300)
        async with asyncio.timeout(5):
            # The first is the turn's own.
            while len(floor.record.retries) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        floor.generator.fail_after = None
        await floor.moderator.turns.ended()

    floor = play(story)
    assert floor.said == ["hello", "One two three."]
    assert floor.record.retries == [Engine.LLM] * 2
    assert floor.record.apologies == 0


@asynccontextmanager
async def _asked_while_the_model_is_away(floor: Floor) -> AsyncIterator[Callable[[], None]]:
    """Ask "hello" of a language model that is away until what is yielded is called."""
    there = asyncio.Event()

    async def serves() -> bool:
        return there.is_set()

    def come_back() -> None:
        floor.generator.fail_after = None
        there.set()

    watching = asyncio.create_task(floor.engines.pulses.llm.watch(serves))
    floor.generator.fail_after = 0
    await floor.listen()
    floor.recognizer.say("hello", 0, 300)
    yield come_back
    watching.cancel()


def test_where_the_engine_is_away_the_caller_is_told_and_answered_once_it_is_back() -> None:
    async def story(floor: Floor) -> None:
        async with _asked_while_the_model_is_away(floor) as come_back:
            await asyncio.sleep(3)
            assert floor.record.apologies == 1
            assert floor.moderator.busy
            come_back()
            await asyncio.sleep(3)

    floor = play(story)
    assert floor.said == ["hello", "One two three."]
    assert floor.record.apologies == 1
    # The answer that came late is measured from what it answers.
    assert [wait_s > 2.5 for wait_s in floor.record.waits_s] == [True]


def test_what_is_asked_for_during_the_apology_is_answered_once_and_as_it_was_asked_for() -> None:
    async def story(floor: Floor) -> None:
        async with _asked_while_the_model_is_away(floor) as come_back:
            while not floor.record.apologies:  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.01)
            assert not floor.moderator.busy
            await floor.moderator.request(Asked(replace(CONFIG, instructions="Only numbers.")))
            await asyncio.sleep(3)
            come_back()
            await asyncio.sleep(3)

    floor = play(story)
    assert floor.said == ["hello", "One two three."]
    assert floor.record.apologies == 1
    assert floor.generator.requests[-1].messages[0].content == "Only numbers."


def test_an_utterance_that_does_not_count_is_told_to_nobody() -> None:
    async def story(floor: Floor) -> None:
        await _audible(floor)
        floor.recognizer.start(3000)
        floor.recognizer.pause("", 3400)
        await floor.moderator.turns.ended()

    floor = play(story, LONG)
    assert floor.kinds.count("input_audio_buffer.speech_started") == 1
    assert floor.kinds.count("input_audio_buffer.committed") == 1
    assert floor.said == ["hello", "".join(LONG)]
