"""The events of one response: whole, in order, and understood by OpenAI's own models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from openai.types.realtime.realtime_server_event import RealtimeServerEvent
from pydantic import TypeAdapter

from antiphon.errors import Unavailable
from antiphon.v1 import generator_pb2 as pb
from server.conversation import outcome
from server.conversation.outbox import Outbox
from server.conversation.response_events import ResponseEvents
from server.realtime import session_config
from server.realtime.server_events import to_json
from server.settings import AgentSettings
from tests.server.world import Event
from tests.virtual_time import run_virtual

USAGE = pb.Usage(prompt_tokens=7, cached_tokens=2, completion_tokens=5)
SERVER_EVENT: TypeAdapter[object] = TypeAdapter(RealtimeServerEvent)


def told(
    story: Callable[[ResponseEvents], Awaitable[None]], *, audio_out: bool = True
) -> list[Event]:
    """Return what `story` told."""

    async def main() -> list[Event]:
        outbox = Outbox()
        config = replace(session_config.initial(AgentSettings()), audio_out=audio_out)
        await story(ResponseEvents(outbox, config))
        outbox.close()
        return [json.loads(to_json(item)) async for item in outbox if not isinstance(item, bytes)]

    return run_virtual(main())


async def _whole(events: ResponseEvents) -> None:
    await events.begin()
    await events.text("Good ")
    await events.text("day.")
    await events.audible()
    await events.end("Good day.", outcome.COMPLETED, USAGE, {"final": 1.5})
    await events.silent(cleared=False)


def test_a_spoken_response() -> None:
    events = told(_whole)
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
        outbox = Outbox(max_items=4)
        events = ResponseEvents(outbox, session_config.initial(AgentSettings()))
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
        json.loads(to_json(item))["type"] async for item in outbox if not isinstance(item, bytes)
    ]


def test_problems_and_cleared_audio_are_told() -> None:
    async def story(events: ResponseEvents) -> None:
        await events.problem(Unavailable("down"))
        await events.silent(cleared=True)

    problem, cleared = told(story)
    assert problem["error"]["message"] == "down"
    assert cleared["type"] == "output_audio_buffer.cleared"
