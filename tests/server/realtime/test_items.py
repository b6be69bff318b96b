from __future__ import annotations

from typing import Any

import pytest
from openai.types import realtime as oai

from antiphon.errors import AntiphonError, InvalidInput, Unsupported
from server.realtime import items
from server.realtime.items import FunctionCall, FunctionCallOutput, Item, accept

PHRASE = "tangerine"
USER = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "hello"}],
}
CALL = {"type": "function_call", "name": "look", "call_id": "call_1", "arguments": "{}"}


def _accepted(given: dict[str, Any]) -> Item:
    event = {"type": "conversation.item.create", "item": given}
    return accept(oai.ConversationItemCreateEvent.model_validate(event).item, "item")


@pytest.mark.parametrize(
    ("audio", "text", "content"),
    [
        (True, "hi", [{"type": "output_audio", "transcript": "hi"}]),
        (False, "hi", [{"type": "output_text", "text": "hi"}]),
        (True, "", []),
    ],
)
def test_an_item_of_the_agent(audio: bool, text: str, content: list[dict[str, Any]]) -> None:
    item = items.assistant("i", text, audio=audio, status="in_progress")
    assert (item.id, item.role, item.status) == ("i", "assistant", "in_progress")
    assert item.model_dump(exclude_none=True)["content"] == content
    assert items.text_of(item) == text


def test_an_item_of_the_caller() -> None:
    item = items.user_said("i", "hello")
    assert (item.id, item.role, item.status) == ("i", "user", "completed")
    assert item.content[0].transcript == items.text_of(item) == "hello"


def test_an_item_of_a_call() -> None:
    item = items.function_call("i", "call_1", "look", '{"a": 1}')
    assert (item.id, item.call_id, item.status) == ("i", "call_1", "completed")


@pytest.mark.parametrize(
    ("item", "size"),
    [
        (items.user_said("i", "hello"), 5),
        (items.function_call("i", "c", "look", "{}"), 6),
        (FunctionCallOutput(type="function_call_output", call_id="c", output="abc"), 3),
    ],
)
def test_a_size_is_what_the_model_reads(item: Item, size: int) -> None:
    assert items.size_of(item) == size


@pytest.mark.parametrize(
    "given",
    [
        USER,
        USER | {"role": "system"},
        USER | {"role": "assistant", "content": [{"type": "output_text", "text": "hi"}]},
        USER | {"role": "assistant", "content": [{"type": "output_audio", "transcript": "hi"}]},
        USER | {"content": [{"type": "input_audio", "audio": "AAAA", "transcript": "hello"}]},
        CALL,
        {"type": "function_call_output", "call_id": "call_1", "output": ""},
    ],
)
def test_an_item_keeps_its_id_or_gets_one(given: dict[str, Any]) -> None:
    assert _accepted(given | {"id": "mine"}).id == "mine"
    made = _accepted(given | {"id": ""})
    assert (made.id or "").startswith("item_")
    assert (made.status, made.object) == ("completed", "realtime.item")
    assert made.type == given["type"]


def test_audio_is_not_told_back() -> None:
    content = [{"type": "input_audio", "audio": "AAAA", "transcript": "hello"}]
    item = _accepted(USER | {"content": content})
    assert isinstance(item, items.User)
    assert (item.content[0].audio, item.content[0].transcript) == (None, "hello")


def test_a_call_gets_an_id_and_arguments_that_are_an_object() -> None:
    item = _accepted(CALL | {"call_id": None, "arguments": ""})
    assert isinstance(item, FunctionCall)
    assert (item.call_id or "").startswith("call_")
    assert item.arguments == "{}"


def _refused(given: dict[str, Any]) -> AntiphonError:
    with pytest.raises(AntiphonError) as refused:
        _accepted(given)
    assert PHRASE not in refused.value.message
    return refused.value


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (USER | {"content": []}, "item.content"),
        (USER | {"content": [{"type": "input_text", "text": " "}]}, "item.content"),
        (USER | {"id": PHRASE * 20}, "item.id"),
        (CALL | {"arguments": PHRASE}, "item.arguments"),
        (CALL | {"arguments": f'["{PHRASE}"]'}, "item.arguments"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, Any], param: str) -> None:
    problem = _refused(given)
    assert isinstance(problem, InvalidInput)
    assert problem.metadata["param"] == param


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (USER | {"content": [{"type": "input_audio", "audio": PHRASE}]}, "item.content"),
        (USER | {"content": [{"type": "input_image", "image_url": PHRASE}]}, "item.content"),
        ({"type": "mcp_list_tools", "server_label": PHRASE, "tools": []}, "item.type"),
    ],
)
def test_what_is_not_served_is_refused_by_name(given: dict[str, Any], param: str) -> None:
    problem = _refused(given)
    assert isinstance(problem, Unsupported)
    assert problem.metadata["param"] == param
