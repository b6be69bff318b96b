"""A whole session over fakes, in virtual time."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from antiphon.errors import Unavailable
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1 import recognizer_pb2 as asr
from server.conversation.outbox import Outbox
from server.conversation.session import Incoming, Session
from server.realtime.server_events import to_json
from server.settings import AgentSettings
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.virtual_time import run_virtual

FRAME = bytes(960)
WORDS = ["One ", "two ", "three."]


class World:
    """A session under test, its client, and everything that the client received, with times in ms."""

    def __init__(
        self, agent: AgentSettings, generator: FakeGenerator, voice: FakeSynthesizer
    ) -> None:
        self.recognizer = FakeRecognizer()
        self.generator = generator
        self.voice = voice
        self.received: list[tuple[float, dict[str, Any] | bytes]] = []
        self._outbox = Outbox()
        self._incoming: asyncio.Queue[Incoming | None] = asyncio.Queue()
        self._session = Session(services(self.recognizer, generator, voice), agent, self._outbox)

    def send(self, item: bytes | dict[str, Any] | str) -> None:
        self._incoming.put_nowait(json.dumps(item) if isinstance(item, dict) else item)

    def hang_up(self) -> None:
        self._incoming.put_nowait(None)
        self.recognizer.call.end()

    async def until(self, kind: str) -> dict[str, Any]:
        """Wait for the next event of `kind` that was not waited for before."""
        async with asyncio.timeout(60):
            while True:
                for index, (_, item) in enumerate(self.received):
                    if isinstance(item, dict) and item["type"] == kind and not item.get("seen"):
                        item["seen"] = True
                        return self.received[index][1]  # type: ignore[return-value]
                await asyncio.sleep(0.005)

    async def speak(self, text: str) -> None:
        """Be heard saying `text`."""
        self.send(FRAME)
        await self.recognizer.opened.wait()
        self.recognizer.say(text)

    def kinds(self) -> list[str]:
        return [item["type"] for _, item in self.received if isinstance(item, dict)]

    def audio_ms(self) -> list[float]:
        return [at for at, item in self.received if isinstance(item, bytes)]

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._drain())
            try:
                await self._session.run(self._items())
            finally:
                self._outbox.close()

    async def _items(self) -> AsyncIterator[Incoming]:
        while (item := await self._incoming.get()) is not None:
            yield item

    async def _drain(self) -> None:
        async for item in self._outbox:
            now_ms = asyncio.get_running_loop().time() * 1000
            self.received.append(
                (now_ms, item if isinstance(item, bytes) else json.loads(to_json(item)))
            )


Story = Callable[[World], Awaitable[None]]


def tell(
    story: Story,
    agent: AgentSettings | None = None,
    generator: FakeGenerator | None = None,
    voice: FakeSynthesizer | None = None,
) -> World:
    """Play `story` against a session, hang up after it, and return what happened."""

    async def main() -> World:
        world = World(
            agent or AgentSettings(), generator or FakeGenerator(WORDS), voice or FakeSynthesizer()
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(world.run())
            await story(world)
            world.hang_up()
        return world

    return run_virtual(main())


async def one_turn(world: World) -> None:
    await world.speak("how are you")
    await world.until("output_audio_buffer.stopped")


def test_a_turn_tells_its_events_in_the_order_that_clients_rely_on() -> None:
    assert tell(one_turn).kinds() == [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.delta",
        "output_audio_buffer.started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "output_audio_buffer.stopped",
    ]


def test_audio_starts_before_the_text_is_done_and_is_paced() -> None:
    world = tell(one_turn, generator=FakeGenerator(WORDS, token_ms=400))
    done = next(
        at for at, e in world.received if isinstance(e, dict) and e["type"] == "response.done"
    )
    audio = world.audio_ms()
    assert len(audio) == 45  # 3 words of 300 ms in frames of 20 ms
    assert audio[0] < done
    assert all(later >= earlier for earlier, later in zip(audio, audio[1:], strict=False))


def test_the_timeline_adds_up() -> None:
    world = tell(one_turn)
    response = next(
        e for _, e in world.received if isinstance(e, dict) and e["type"] == "response.done"
    )
    timeline = response["response"]["antiphon"]["timeline_ms"]
    assert timeline["generation_started"] == timeline["final"]
    assert timeline["first_token"] - timeline["generation_started"] == pytest.approx(100)
    assert timeline["first_audio"] - timeline["first_token"] == pytest.approx(50, abs=1)
    assert response["response"]["usage"]["output_tokens"] == 3


def test_the_reply_sees_what_was_said_before() -> None:
    async def story(world: World) -> None:
        await one_turn(world)
        await one_turn(world)

    asked = tell(story).generator.requests[1].messages
    assert [message.role for message in asked] == [
        pb.ROLE_SYSTEM,
        pb.ROLE_USER,
        pb.ROLE_ASSISTANT,
        pb.ROLE_USER,
    ]
    assert asked[2].content == "One two three."


def test_a_new_utterance_ends_the_reply_and_history_holds_what_was_heard() -> None:
    async def story(world: World) -> None:
        await world.speak("first")
        await world.until("output_audio_buffer.started")
        await asyncio.sleep(0.45)
        world.recognizer.say("second", 1000, 2000)
        await world.until("output_audio_buffer.cleared")
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert world.generator.calls[0].cancelled
    assert world.voice.calls[0].cancelled
    assert [m.content for m in world.generator.requests[1].messages][1:] == [
        "first",
        "One ",
        "second",
    ]
    statuses = [e["response"]["status"] for _, e in world.received if _is(e, "response.done")]
    assert statuses == ["cancelled", "completed"]


def _is(event: dict[str, Any] | bytes, kind: str) -> bool:
    return isinstance(event, dict) and event["type"] == kind


def test_no_audio_of_a_cancelled_reply_follows_its_end() -> None:
    async def story(world: World) -> None:
        await world.speak("first")
        await world.until("output_audio_buffer.started")
        world.send({"type": "response.cancel"})
        await world.until("output_audio_buffer.cleared")
        await asyncio.sleep(2)

    world = tell(story, generator=FakeGenerator(WORDS * 20))
    cleared = next(
        i for i, (_, e) in enumerate(world.received) if _is(e, "output_audio_buffer.cleared")
    )
    assert not [e for _, e in world.received[cleared:] if isinstance(e, bytes)]


def test_hanging_up_still_delivers_the_reply() -> None:
    async def story(world: World) -> None:
        await world.speak("bye")
        await world.until("response.created")

    assert tell(story).kinds()[-1] == "output_audio_buffer.stopped"


def test_a_greeting_is_spoken_first() -> None:
    async def story(world: World) -> None:
        await world.until("output_audio_buffer.stopped")

    world = tell(story, agent=AgentSettings(greeting="Welcome."))
    assert not world.generator.requests
    assert len(world.audio_ms()) == 15


def test_partials_carry_the_hypothesis_and_the_stable_part() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.call.send(
            asr.RecognizeResponse(speech_started=asr.SpeechStarted(start_ms=5)),
            asr.RecognizeResponse(partial=asr.Partial(text="how old", stable_chars=3)),
            asr.RecognizeResponse(partial=asr.Partial(text="how are you", stable_chars=7)),
            asr.RecognizeResponse(partial=asr.Partial(text="who", stable_chars=3)),
        )
        await asyncio.sleep(0.1)

    deltas = [e for _, e in tell(story).received if isinstance(e, dict) and "delta" in e]
    assert [event["delta"] for event in deltas] == ["how", " are", ""]
    assert [event["antiphon"]["text"] for event in deltas] == ["how old", "how are you", "who"]


def test_speech_without_words_is_not_answered() -> None:
    async def story(world: World) -> None:
        await world.speak("")
        await world.until("conversation.item.input_audio_transcription.completed")
        await asyncio.sleep(1)

    assert "response.created" not in tell(story).kinds()


@pytest.mark.parametrize(
    ("generator", "voice", "words"),
    [
        (FakeGenerator(WORDS, fail_after=1), FakeSynthesizer(), "language model"),
        (FakeGenerator(WORDS), FakeSynthesizer(fails=True), "speech synthesis"),
    ],
)
def test_an_engine_that_fails_ends_the_reply_but_not_the_session(
    generator: FakeGenerator, voice: FakeSynthesizer, words: str
) -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        problem = await world.until("error")
        assert words in problem["error"]["message"]
        assert (await world.until("response.done"))["response"]["status"] == "failed"
        generator.fail_after, voice.fails = None, False
        await one_turn(world)

    tell(story, generator=generator, voice=voice)


def test_losing_the_recogniser_ends_the_session_with_its_reason() -> None:
    async def story(world: World) -> None:
        world.send(FRAME)
        await world.recognizer.opened.wait()
        world.recognizer.call.fail()

    with pytest.raises(ExceptionGroup) as failed:
        tell(story)
    leaf: BaseException = failed.value
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Unavailable)
    assert "speech recognition" in leaf.message


def test_text_in_text_out() -> None:
    async def story(world: World) -> None:
        world.send(
            {
                "type": "session.update",
                "session": {"type": "realtime", "output_modalities": ["text"]},
            }
        )
        content = [{"type": "input_text", "text": "hello"}]
        item = {"type": "message", "role": "user", "id": "mine", "content": content}
        world.send({"type": "conversation.item.create", "item": item})
        world.send({"type": "response.create"})
        done = await world.until("response.done")
        assert done["response"]["output"][0]["content"][0]["text"] == "One two three."

    world = tell(story)
    assert not world.voice.calls
    assert not world.audio_ms()
    assert any(
        _is(e, "conversation.item.done") and e["item"]["id"] == "mine" for _, e in world.received
    )  # type: ignore[index,call-overload]


def test_append_is_audio_too() -> None:
    async def story(world: World) -> None:
        audio = base64.b64encode(FRAME).decode()
        world.send({"type": "input_audio_buffer.append", "audio": audio})
        await world.recognizer.opened.wait()
        await asyncio.sleep(0.1)
        assert world.recognizer.audio == FRAME

    tell(story)


def test_without_turn_detection_the_client_commits_and_asks() -> None:
    detection = {"audio": {"input": {"turn_detection": None}}}

    async def story(world: World) -> None:
        world.send({"type": "session.update", "session": {"type": "realtime", **detection}})
        await world.speak("hello")
        world.send({"type": "input_audio_buffer.commit"})
        await world.until("conversation.item.input_audio_transcription.completed")
        await asyncio.sleep(1)
        assert "response.created" not in world.kinds()
        assert world.recognizer.call.requests[-1].HasField("finish")
        world.send({"type": "response.create"})
        await world.until("output_audio_buffer.stopped")

    world = tell(story)
    assert world.recognizer.call.requests[0].config.HasField("external")


@pytest.mark.parametrize(
    ("event", "param", "words"),
    [
        ("{", None, "JSON"),
        ({"type": "dance"}, "type", "unknown event type"),
        ({"type": "input_audio_buffer.append", "audio": "%%%"}, "audio", "base64"),
        ({"type": "input_audio_buffer.clear"}, "type", "not served yet"),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": []},
            },
            "item.content",
            "input_text",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "x", "output": "{}"},
            },
            "item.type",
            "only messages",
        ),
    ],
)
def test_a_wrong_event_is_answered_by_an_error_and_the_session_goes_on(
    event: dict[str, Any] | str, param: str | None, words: str
) -> None:
    async def story(world: World) -> None:
        world.send(event)
        problem = await world.until("error")
        assert words in problem["error"]["message"]
        assert problem["error"].get("param") == param
        await one_turn(world)

    tell(story)


def test_two_responses_at_once_are_refused() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        await world.until("response.created")
        world.send({"type": "response.create"})
        problem = await world.until("error")
        assert problem["error"]["code"] == "response_in_progress"

    assert tell(story).kinds().count("response.created") == 1


def test_hearing_cannot_change_after_the_first_audio() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        audio = {"input": {"format": {"type": "audio/pcmu"}}}
        world.send({"type": "session.update", "session": {"type": "realtime", "audio": audio}})
        problem = await world.until("error")
        assert problem["error"]["param"] == "session.audio.input"

    tell(story)


def test_a_reply_cut_by_its_length_is_incomplete() -> None:
    async def story(world: World) -> None:
        await world.speak("hello")
        done = await world.until("response.done")
        assert done["response"]["status"] == "incomplete"
        assert done["response"]["status_details"]["reason"] == "max_output_tokens"

    tell(story, generator=FakeGenerator(WORDS, reason=pb.FINISH_REASON_LENGTH))
