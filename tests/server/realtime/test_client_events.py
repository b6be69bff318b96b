from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.realtime import client_events
from server.realtime.client_events import MODELS, parse

PHRASE = "tangerine"


def _refused(text: str | dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        parse(text if isinstance(text, str) else json.dumps(text))
    return refused.value


def _session(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def test_all_eleven_events_are_known() -> None:
    assert len(MODELS) == 11
    assert MODELS["response.cancel"] is oai.ResponseCancelEvent


def test_an_event_becomes_its_model_and_unknown_fields_are_tolerated() -> None:
    event = parse('{"type": "response.cancel", "event_id": "e", "colour": "red"}')
    assert isinstance(event, oai.ResponseCancelEvent)
    assert client_events.event_id(event) == "e"
    assert client_events.event_id(parse('{"type": "response.cancel"}')) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '"text"',
        "{} {}",
        "[" * 100_000,
        '{"a":' * 5_000,
        '{"type": NaN}',
        '{"type": ' + "9" * 5_000 + "}",  # more digits than Python turns into a number
        '{"type": "\\ud800"}',  # half of a surrogate pair, which nothing can send on
        '{"type": "\ud800"}',
    ],
)
def test_what_is_no_json_object_is_refused(text: str) -> None:
    assert _refused(text).reason == "INVALID_JSON"


@pytest.mark.parametrize("kind", ["dance", 7, None, ["response.cancel"], {}, "Response.Cancel"])
def test_an_unknown_type_is_refused_with_those_that_are_known(kind: Any) -> None:
    problem = _refused({"type": kind, "event_id": "mine"})
    assert problem.reason == "UNKNOWN_EVENT"
    assert problem.metadata == {"param": "type", "event_id": "mine"}
    assert "input_audio_buffer.append" in problem.message


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({"type": "session.update"}, "session"),
        ({"type": "input_audio_buffer.append"}, "audio"),
        ({"type": "input_audio_buffer.append", "audio": 7}, "audio"),
        (_session(max_output_tokens="x"), "session.max_output_tokens"),
        (_session(audio={"output": {"speed": "x"}}), "session.audio.output.speed"),
        (_session(tools=[{"type": PHRASE}]), "session.tools.0.type"),
        (_session(prompt={"id": "x", "variables": {PHRASE: 3}}), "session.prompt.variables"),
        ({"type": "response.create", "response": {"metadata": {PHRASE: 1}}}, "response.metadata"),
        ({"type": "conversation.item.create", "item": {"type": PHRASE}}, "item.type"),
    ],
)
def test_a_wrong_field_is_named_by_its_path_and_nothing_of_its_value_is(
    event: dict[str, Any], param: str
) -> None:
    problem = _refused(event | {"event_id": "mine"})
    assert problem.reason == "INVALID_FIELD"
    assert problem.metadata == {"param": param, "event_id": "mine"}
    assert problem.message.startswith(f"{event['type']}: {param}: ")
    assert PHRASE not in problem.message


@pytest.mark.parametrize(
    "tools", [[{}] * 20_001, [{"parameters": {"enum": [1] * 10_001, "examples": [1] * 10_001}}]]
)
def test_an_event_of_endless_lists_is_refused_before_it_is_read(tools: Any) -> None:
    problem = _refused(_session(tools=tools) | {"event_id": "mine"})
    assert problem.reason == "EVENT_TOO_LARGE"
    assert problem.metadata["event_id"] == "mine"


@pytest.mark.parametrize(
    ("given_id", "told"), [(7, ""), ({}, ""), (None, ""), ("x" * 600, "x" * 512)]
)
def test_an_event_id_is_a_text_of_bounded_length(given_id: Any, told: str) -> None:
    assert _refused({"type": "dance", "event_id": given_id}).metadata["event_id"] == told


@given(st.text())
def test_any_text_is_an_event_or_refused(text: str) -> None:
    try:
        parse(text)
    except InvalidInput as problem:
        assert problem.metadata.get("param", "type") == "type"
