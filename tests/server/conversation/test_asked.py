"""What `response.create` may ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from antiphon.errors import AntiphonError
from server.conversation.asked import Asked, read
from server.conversation.items import Items
from server.realtime import client_events, items, session_config
from server.realtime.client_events import ResponseCreate
from server.realtime.offer import Offer
from server.realtime.tools import Tool, Tools
from server.settings import AgentSettings

AGENT = AgentSettings(voice="amy", max_reply_tokens=99)
LOOK = Tool("look", "", {"type": "object", "properties": {}})
CONFIG = replace(session_config.initial(AGENT), tools=Tools((LOOK,)))
PHRASE = "tangerine"
HELLO = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "hello"}],
}


def _read(conversation: Items, /, **given: Any) -> Asked:
    event = client_events.parse(json.dumps({"type": "response.create", "response": given}))
    assert isinstance(event, ResponseCreate)
    return read(event.response, CONFIG, AGENT, conversation, Offer(("amy", "joe")))


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({}, {}),
        ({"instructions": "Be brief."}, {"instructions": "Be brief."}),
        ({"output_modalities": ["text"]}, {"audio_out": False}),
        ({"max_output_tokens": 7}, {"max_reply_tokens": 7}),
        ({"max_output_tokens": "inf"}, {"max_reply_tokens": 99}),
        ({"audio": {}}, {}),
        ({"audio": {"output": {}}}, {}),
        ({"audio": {"output": {"format": {"type": "audio/pcm"}}}}, {}),
        ({"audio": {"output": {"voice": "joe"}}}, {"voice": "joe", "voice_name": "joe"}),
        ({"audio": {"output": {"voice": "ash"}}}, {"voice": "amy", "voice_name": "ash"}),
        ({"tools": []}, {"tools": Tools()}),
        ({"tool_choice": "none"}, {"tools": Tools((LOOK,), "none")}),
        (
            {"tool_choice": {"type": "function", "name": "look"}},
            {"tools": Tools((LOOK,), "required", "look")},
        ),
        ({"parallel_tool_calls": True, "prompt": {"id": "x"}, "colour": "red"}, {}),
    ],
)
def test_what_is_given_is_set_and_all_else_is_the_sessions(
    given: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert _read(Items(), **given) == Asked(replace(CONFIG, **changes))


def test_nothing_need_be_given() -> None:
    assert read(None, CONFIG, AGENT, Items()) == Asked(CONFIG)


def test_metadata_is_kept() -> None:
    assert _read(Items(), metadata={"client_event_id": "e"}).metadata == {"client_event_id": "e"}


def test_it_may_be_no_part_of_the_conversation() -> None:
    conversation = Items()
    assert not _read(conversation, conversation="none").remembered
    assert _read(conversation, conversation="auto").remembered
    assert _read(conversation, conversation=conversation.id).remembered


def test_other_items_may_be_answered_new_ones_and_those_of_the_conversation() -> None:
    conversation = Items()
    conversation.add(items.user_said("item_1", "first"))
    asked = _read(conversation, input=[HELLO, {"type": "item_reference", "id": "item_1"}])
    assert asked.instead is not None
    new, old = asked.instead
    assert isinstance(new, items.User) and isinstance(old, items.User)
    assert (items.text_of(new), items.text_of(old)) == ("hello", "first")
    assert [item.id for item in conversation] == ["item_1"]
    assert _read(conversation, input=[]).instead == ()


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"conversation": PHRASE}, "response.conversation"),
        ({"max_output_tokens": 0}, "response.max_output_tokens"),
        ({"metadata": {str(i): "" for i in range(17)}}, "response.metadata"),
        ({"metadata": {PHRASE * 10: ""}}, "response.metadata"),
        ({"metadata": {"a": PHRASE * 60}}, "response.metadata"),
        (
            {"audio": {"output": {"format": {"type": "audio/pcmu"}}}},
            "response.audio.output.format",
        ),
        ({"audio": {"output": {"voice": PHRASE}}}, "response.audio.output.voice"),
        ({"tools": [{"type": "function"}]}, "response.tools.0.name"),
        ({"tool_choice": {"type": "function", "name": PHRASE}}, "response.tool_choice"),
        ({"input": [HELLO | {"content": []}]}, "response.input.0.content"),
        ({"input": [HELLO, {"type": "item_reference", "id": PHRASE}]}, "response.input.1.id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, Any], param: str) -> None:
    with pytest.raises(AntiphonError) as refused:
        _read(Items(), **given)
    assert refused.value.metadata["param"] == param
    assert PHRASE not in refused.value.message
