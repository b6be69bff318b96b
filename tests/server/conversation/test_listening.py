"""What the recogniser reports, as the client is told it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from antiphon.errors import Unavailable
from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.items import Items
from server.conversation.listening import UtteranceEvents
from server.conversation.outbox import Audio, Outbox
from server.realtime import items, server_events
from server.realtime.server_events import to_json
from tests.server.world import Event, wired
from tests.virtual_time import run_virtual


def told(
    story: Callable[[UtteranceEvents], Awaitable[None]], conversation: Items | None = None
) -> list[Event]:
    """Return what `story` told."""

    async def main() -> list[Event]:
        outbox = Outbox()
        await story(UtteranceEvents(wired(outbox), conversation or Items()))
        outbox.close()
        return [json.loads(to_json(item)) async for item in outbox if not isinstance(item, Audio)]

    return run_virtual(main())


def test_an_utterance_is_one_item_from_its_start_to_its_transcript() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        utterance.begin(pb.SpeechStarted(start_ms=99.6))
        await utterance.tell()
        await utterance.partial(pb.Partial(text="how", stable_chars=0))
        await utterance.ended(pb.Final(text="how are you", start_ms=99.6, end_ms=1600.4))

    events = told(story)
    assert [event["type"] for event in events] == [
        "input_audio_buffer.speech_started",
        "conversation.item.input_audio_transcription.delta",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
    ]
    ids = {event["item_id"] for event in events if "item_id" in event}
    ids |= {event["item"]["id"] for event in events if "item" in event}
    assert len(ids) == 1
    assert (events[0]["audio_start_ms"], events[2]["audio_end_ms"]) == (100, 1600)
    assert events[-1]["transcript"] == "how are you"
    assert round(events[-1]["usage"]["seconds"], 4) == 1.5008


def test_partials_carry_the_hypothesis_and_what_became_stable() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        utterance.begin(pb.SpeechStarted())
        await utterance.tell()
        for text, stable in (
            ("how old", 3),
            ("how are you", 7),
            ("who", 3),
            ("how are you ok", 14),
        ):
            await utterance.partial(pb.Partial(text=text, stable_chars=stable))

    deltas = told(story)[1:]
    assert [event["delta"] for event in deltas] == ["how", " are", "", " you ok"]
    assert deltas[2]["antiphon"]["text"] == "who"


def test_the_next_utterance_is_another_item_which_names_the_one_before() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        for text in ("one", "two"):
            utterance.begin(pb.SpeechStarted())
            await utterance.tell()
            await utterance.partial(pb.Partial(text=text, stable_chars=3))
            await utterance.ended(pb.Final(text=text))

    events = told(story)
    assert [event["delta"] for event in events if "delta" in event] == ["one", "two"]
    first, second = (event for event in events if event["type"] == "input_audio_buffer.committed")
    assert "previous_item_id" not in first
    assert second["previous_item_id"] == first["item_id"] != second["item_id"]


def test_the_empty_final_that_answers_a_commit_of_silence_stops_no_speech() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        item_id = await utterance.ended(pb.Final())
        assert item_id.startswith("item_")

    kinds = [event["type"] for event in told(story)]
    assert "input_audio_buffer.speech_stopped" not in kinds
    assert kinds[-1] == "conversation.item.input_audio_transcription.completed"


def test_one_that_was_not_told_is_told_to_nobody() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        await utterance.tell()
        utterance.begin(pb.SpeechStarted())
        await utterance.partial(pb.Partial(text="mm-hm", stable_chars=5))
        utterance.drop()
        await utterance.tell()
        await utterance.partial(pb.Partial(text="mm-hm", stable_chars=5))

    assert told(story) == []


def test_one_that_is_told_late_is_told_from_its_start_and_with_all_that_is_stable() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        utterance.begin(pb.SpeechStarted(start_ms=99.6))
        await utterance.partial(pb.Partial(text="wait a", stable_chars=4))
        await utterance.tell()
        await utterance.tell()
        await utterance.partial(pb.Partial(text="wait a moment", stable_chars=6))

    started, delta = told(story)
    assert (started["type"], started["audio_start_ms"]) == (
        "input_audio_buffer.speech_started",
        100,
    )
    assert (delta["item_id"], delta["delta"]) == (started["item_id"], "wait a")


def test_what_the_client_committed_itself_started_and_stopped_no_speech() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        utterance.begin(pb.SpeechStarted())
        await utterance.ended(pb.Final(text="hello"))

    events = told(story)
    assert events[0]["type"] == "input_audio_buffer.committed"
    assert events[-1]["transcript"] == "hello"


def test_what_was_dropped_is_not_the_item_before() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        for text in ("one", "mm-hm", "two"):
            utterance.begin(pb.SpeechStarted())
            if text == "mm-hm":
                utterance.drop()
            else:
                await utterance.ended(pb.Final(text=text))

    first, second = (
        event for event in told(story) if event["type"] == "input_audio_buffer.committed"
    )
    assert second["previous_item_id"] == first["item_id"]


def test_a_silence_that_is_to_be_answered_is_an_item_without_words() -> None:
    conversation = Items()
    conversation.add(items.user_said("before", "hello"))

    async def story(utterance: UtteranceEvents) -> None:
        await utterance.silence(1000.4, 7000.4)

    triggered, *events = told(story, conversation)
    assert triggered["type"] == "input_audio_buffer.timeout_triggered"
    assert (triggered["audio_start_ms"], triggered["audio_end_ms"]) == (1000, 7000)
    assert [event["type"] for event in events] == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
    ]
    assert events[0]["previous_item_id"] == "before"
    assert triggered["item_id"] == events[0]["item_id"] == events[1]["item"]["id"]
    assert events[-1]["transcript"] == ""


def test_what_will_not_be_known_is_told_where_somebody_spoke() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        await utterance.failed(Unavailable("gone"))
        utterance.begin(pb.SpeechStarted())
        await utterance.tell()
        await utterance.failed(Unavailable("gone"))

    started, failed = told(story)
    assert failed["type"] == "conversation.item.input_audio_transcription.failed"
    assert failed["item_id"] == started["item_id"]
    assert failed["error"] == {"type": "server_error", "code": "unavailable", "message": "gone"}


def test_an_utterance_is_an_item_of_the_conversation_before_it_is_told() -> None:
    conversation = Items()

    async def main() -> None:
        outbox = Outbox(1)
        await outbox.put(server_events.state("listening"))
        utterance = UtteranceEvents(wired(outbox), conversation)
        ending = asyncio.create_task(utterance.ended(pb.Final(text="hello")))
        await asyncio.sleep(0)
        assert [items.text_of(item) for item in conversation if isinstance(item, items.User)] == [
            "hello"
        ]
        outbox.close()
        await ending

    run_virtual(main())
