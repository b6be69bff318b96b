"""The events of one response: whole, in order, and understood by OpenAI's own models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from openai.types.realtime.realtime_server_event import RealtimeServerEvent
from pydantic import TypeAdapter

from antiphon.errors import Unavailable
from antiphon.v1 import generator_pb2 as pb
from server.conversation import outcome
from server.conversation.asked import Asked
from server.conversation.gate import Gate
from server.conversation.items import Items
from server.conversation.outbox import Audio, Outbox
from server.conversation.response_events import ResponseEvents
from server.realtime import items, server_events, session_config
from server.realtime.server_events import to_json
from server.settings import AgentSettings
from tests.server.world import Event, wired
from tests.virtual_time import run_virtual

USAGE = pb.Usage(prompt_tokens=7, cached_tokens=2, completion_tokens=5)
CONFIG = session_config.initial(AgentSettings())
CALL = pb.ToolCall(id="call_1", name="look", arguments='{"where": "up"}')
SERVER_EVENT: TypeAdapter[object] = TypeAdapter(RealtimeServerEvent)


def told(
    story: Callable[[ResponseEvents], Awaitable[None]],
    *,
    audio_out: bool = True,
    conversation: Items | None = None,
    **asked: Any,
) -> list[Event]:
    """Return what `story` told."""

    async def main() -> list[Event]:
        outbox = Outbox()
        wanted = Asked(replace(CONFIG, audio_out=audio_out), **asked)
        gate = Gate(wired(outbox))
        await gate.open()
        await story(ResponseEvents(gate, wanted, conversation))
        outbox.close()
        return [json.loads(to_json(item)) async for item in outbox if not isinstance(item, Audio)]

    return run_virtual(main())


async def _whole(events: ResponseEvents) -> None:
    await events.begin()
    await events.text("Good ")
    await events.text("day.")
    await events.audible()
    await events.end("Good day.", outcome.COMPLETED, USAGE, {"timeline_ms": {"final": 1.5}})
    await events.silent(cleared=False)


def test_a_spoken_response() -> None:
    events = told(_whole, conversation=Items())
    assert [event["type"] for event in events] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
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
    response = events[-2]["response"]
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "Good day."}]
    assert response["antiphon"] == {"timeline_ms": {"final": 1.5}}
    assert response["usage"] == {
        "input_tokens": 7,
        "output_tokens": 5,
        "total_tokens": 12,
        "input_token_details": {"cached_tokens": 2},
    }


def test_a_written_response() -> None:
    events = told(_whole, audio_out=False)
    kinds = [event["type"] for event in events]
    assert kinds.count("response.output_text.delta") == 2
    assert "response.output_text.done" in kinds
    assert not [kind for kind in kinds if "output_audio." in kind or "transcript" in kind]
    assert events[-2]["response"]["output"][0]["content"] == [
        {"type": "output_text", "text": "Good day."}
    ]


@pytest.mark.parametrize("audio_out", [True, False])
def test_ids_agree_and_every_event_is_one_of_openais(audio_out: bool) -> None:
    events = told(_whole, audio_out=audio_out)
    for event in events:
        parsed = SERVER_EVENT.validate_python(event)
        assert getattr(parsed, "type", None) == event["type"]
    ids = {event["response_id"] for event in events if "response_id" in event}
    ids |= {event["response"]["id"] for event in events if "response" in event}
    assert len(ids) == 1
    items = {event["item_id"] for event in events if "item_id" in event}
    items |= {event["item"]["id"] for event in events if "item" in event}
    assert len(items) == 1
    assert len({event["event_id"] for event in events}) == len(events)


def test_what_never_began_has_no_end_and_nothing_ends_twice() -> None:
    async def story(events: ResponseEvents) -> None:
        await events.end("", outcome.ABANDONED, pb.Usage(), {})
        await events.begin()
        await events.end("", outcome.INTERRUPTED, pb.Usage(), {})
        await events.end("", outcome.COMPLETED, pb.Usage(), {})

    responses = [event["response"]["status"] for event in told(story) if "response" in event]
    assert responses == ["in_progress", "cancelled"]


def test_an_end_that_was_cancelled_before_it_was_told_can_be_told_again() -> None:
    async def main() -> list[str]:
        outbox = Outbox(max_items=1)
        gate = Gate(wired(outbox))
        await gate.open()
        events = ResponseEvents(gate, Asked(CONFIG), Items())
        await events.begin()
        ending = asyncio.create_task(events.end("", outcome.COMPLETED, USAGE, {}))
        await asyncio.sleep(1)
        ending.cancel()
        await asyncio.wait({ending})
        reader = asyncio.create_task(_kinds(outbox))
        await events.end("", outcome.INTERRUPTED, USAGE, {})
        outbox.close()
        return await reader

    assert run_virtual(main()).count("response.done") == 1


async def _kinds(outbox: Outbox) -> list[str]:
    return [
        json.loads(to_json(item))["type"] async for item in outbox if not isinstance(item, Audio)
    ]


def test_a_response_on_trust_is_told_whole_once_it_is_committed() -> None:
    async def main() -> list[str]:
        outbox = Outbox()
        gate = Gate(wired(outbox))
        events = ResponseEvents(gate, Asked(CONFIG), Items())
        reader = asyncio.create_task(_kinds(outbox))
        await events.begin()
        await events.text("Good ")
        await asyncio.sleep(1)
        await outbox.put(server_events.state("thinking"))
        await gate.open()
        await events.text("day.")
        outbox.close()
        return await reader

    kinds = run_virtual(main())
    assert kinds[:2] == ["antiphon.state", "response.created"]
    assert kinds[-2:] == ["response.output_audio_transcript.delta"] * 2


def test_problems_and_cleared_audio_are_told() -> None:
    async def story(events: ResponseEvents) -> None:
        await events.problem(Unavailable("down"))
        await events.silent(cleared=True)

    problem, cleared = told(story)
    assert problem["error"]["message"] == "down"
    assert cleared["type"] == "output_audio_buffer.cleared"


def test_a_response_says_what_it_was_asked_to_be() -> None:
    conversation = Items()
    told_back = told(_whole, conversation=conversation, metadata={"client_event_id": "e"})
    for event in (told_back[0], told_back[-2]):
        response = event["response"]
        assert response["metadata"] == {"client_event_id": "e"}
        assert response["conversation_id"] == conversation.id
        assert response["output_modalities"] == ["audio"]
        assert response["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
        assert response["max_output_tokens"] == CONFIG.max_reply_tokens


def test_beside_the_conversation_no_item_enters_it() -> None:
    async def story(events: ResponseEvents) -> None:
        await _whole(events)
        await events.call(CALL)

    events = told(story)
    assert not [event for event in events if event["type"].startswith("conversation.")]
    assert "conversation_id" not in events[0]["response"]


def test_items_enter_the_conversation_as_they_are_told() -> None:
    conversation = Items()
    conversation.add(items.user_said("item_0", "hello"))

    async def story(events: ResponseEvents) -> None:
        await events.begin()
        assert conversation.get(events.item_id) is None
        await events.text("Good ")
        assert conversation.get(events.item_id) is not None

    added = [event for event in told(story, conversation=conversation) if "item" in event]
    assert added[-1]["type"] == "conversation.item.added"
    assert added[-1]["previous_item_id"] == "item_0"


async def _speak_and_call(events: ResponseEvents) -> None:
    await events.begin()
    await events.text("I look.")
    await events.call(CALL)
    assert events.calls
    await events.end("I look.", outcome.COMPLETED, USAGE, {})


def test_a_function_call_beside_speech() -> None:
    conversation = Items()
    events = told(_speak_and_call, conversation=conversation)
    assert [event["type"] for event in events][5:] == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    begun, joined, delta, done = events[5:9]
    assert (begun["item"]["status"], begun["item"]["arguments"]) == ("in_progress", "")
    assert begun["output_index"] == delta["output_index"] == 1
    assert joined["previous_item_id"] == events[1]["item"]["id"]
    assert delta["delta"] == done["arguments"] == CALL.arguments
    assert (done["name"], done["call_id"]) == ("look", "call_1")
    message, call = events[-1]["response"]["output"]
    assert (message["type"], call["type"]) == ("message", "function_call")
    assert call["status"] == "completed"
    assert [item.type for item in conversation] == ["message", "function_call"]


def test_a_function_call_alone_has_no_message() -> None:
    async def story(events: ResponseEvents) -> None:
        await events.begin()
        assert not events.calls
        await events.call(CALL)
        await events.end("", outcome.COMPLETED, USAGE, {})

    events = told(story)
    (call,) = events[-1]["response"]["output"]
    assert (call["name"], call["arguments"]) == ("look", CALL.arguments)
    assert "response.content_part.added" not in [event["type"] for event in events]


def test_text_after_a_call_is_another_item_and_so_is_its_audio() -> None:
    audio: list[Audio] = []

    async def story(events: ResponseEvents) -> None:
        await events.begin()
        await events.call(CALL)
        await events.text("There.")
        audio.append(events.audio(b"abc"))

    told(story)
    assert audio[0].output_index == 1


def test_only_more_than_was_told_is_told_as_heard() -> None:
    async def story(events: ResponseEvents) -> None:
        for text in ("", "Good", "Good", "Goo", "Good day."):
            await events.heard(text)
        heard.append(events.item_id)

    heard: list[str] = []
    events = told(story)
    assert [event["text"] for event in events] == ["Good", "Good day."]
    assert events[0]["type"] == "antiphon.response.heard"
    assert events[0]["item_id"] == heard[0]
    assert events[0]["response_id"].startswith("resp_")
