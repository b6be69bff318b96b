"""Whatever a client sends as an event, the session obeys it or says what is wrong, and goes on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import InvalidInput
from server.realtime import client_events
from tests.server.odd_events import NO_JSON, VALID, changed_events, texts, values
from tests.server.world import Event, World, one_turn, tell

END = {"type": "dance", "event_id": "the end"}
odd_texts = (changed_events() | values).map(json.dumps) | texts | st.sampled_from(NO_JSON)

# What follows an event that was obeyed. Clearing the output, and cancelling, may find nothing to do.
EFFECTS = {
    "input_audio_buffer.clear": "input_audio_buffer.cleared",
    "input_audio_buffer.commit": "input_audio_buffer.committed",
    "session.update": "session.updated",
    "conversation.item.create": "conversation.item.added",
    "conversation.item.delete": "conversation.item.deleted",
    "conversation.item.retrieve": "conversation.item.retrieved",
    "conversation.item.truncate": "conversation.item.truncated",
    "response.create": "response.created",
}


async def _answers(world: World, text: str) -> list[Event]:
    """Return the events that came once `text` was sent, and taken in."""
    before = len(world.received)
    world.send(text)
    world.send(END)
    while True:
        problem = await world.until("error")
        if problem["error"].get("event_id") == END["event_id"]:
            break
    await asyncio.sleep(0.001)  # until the recogniser has answered too
    return [item for _, item in world.received[before:] if isinstance(item, dict)]


def _effect(world: World, event: Any, answers: list[Event]) -> bool:
    """Return whether `event` was obeyed."""
    kinds = [answer["type"] for answer in answers]
    match event.type:
        case "input_audio_buffer.append":
            return not event.audio or world.recognizer.opened.is_set()
        case "output_audio_buffer.clear":
            return True
        case "response.cancel":
            return "output_audio_buffer.cleared" in kinds or "response.done" in kinds
    return EFFECTS.get(event.type, "never") in kinds


async def _obeyed_or_told(world: World, text: str) -> None:
    answers = await _answers(world, text)
    errors = [event for event in answers if event["type"] == "error"][:-1]
    try:
        event = client_events.parse(text)
    except InvalidInput:
        assert len(errors) == 1, answers
        return
    assert (len(errors), _effect(world, event, answers)) in ((1, False), (0, True)), answers


@settings(max_examples=300, deadline=None)
@given(st.lists(odd_texts, min_size=1, max_size=5))
def test_odd_events_are_obeyed_or_told_and_the_session_goes_on(sent: list[str]) -> None:
    async def story(world: World) -> None:
        await world.until("session.created")
        for text in sent:
            await _obeyed_or_told(world, text)
        # Fewer words in no time would be taken for a cough over the reply.
        await world.speak("are you still there?")
        await world.until("conversation.item.input_audio_transcription.completed")

    tell(story)


def test_every_valid_event_is_obeyed_or_told_amid_a_conversation() -> None:
    async def story(world: World) -> None:
        for event in VALID:
            await world.speak("hello")
            await world.until("response.created")
            await _answers(world, json.dumps(event))
            await world.until("response.done")
            await asyncio.sleep(2)
        await one_turn(world)

    tell(story)
