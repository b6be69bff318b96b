"""What the recogniser reports, as the client is told it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from antiphon.v1 import recognizer_pb2 as pb
from server.conversation.listening import UtteranceEvents
from server.conversation.outbox import Outbox
from server.realtime.server_events import to_json
from tests.server.world import Event
from tests.virtual_time import run_virtual


def told(story: Callable[[UtteranceEvents], Awaitable[None]]) -> list[Event]:
    """Return what `story` told."""

    async def main() -> list[Event]:
        outbox = Outbox()
        await story(UtteranceEvents(outbox))
        outbox.close()
        return [json.loads(to_json(item)) async for item in outbox if not isinstance(item, bytes)]

    return run_virtual(main())


def test_an_utterance_is_one_item_from_its_start_to_its_transcript() -> None:
    async def story(utterance: UtteranceEvents) -> None:
        await utterance.started(pb.SpeechStarted(start_ms=99.6))
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
        await utterance.started(pb.SpeechStarted())
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
            await utterance.started(pb.SpeechStarted())
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
