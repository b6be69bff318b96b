"""What is told to be wrong of fields that may be one of several things."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from server.realtime import wrong_field
from server.realtime.client_events import MODELS

Fields = dict[str, Any]


def wrong(event: Fields) -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        MODELS[event["type"]].model_validate(event)
    return wrong_field.wrong_field(refused.value)


def session(kind: str = "realtime", **fields: Any) -> Fields:
    return {"type": "session.update", "session": {"type": kind, **fields}}


def turns(**detection: Any) -> Fields:
    return {"audio": {"input": {"turn_detection": detection}}}


def item(**fields: Any) -> Fields:
    return {"type": "conversation.item.create", "item": fields}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (
            session(**turns(type="semantic_vad", eagerness="x")),
            "session.audio.input.turn_detection.eagerness",
        ),
        (
            session(**turns(type="server_vad", threshold="x")),
            "session.audio.input.turn_detection.threshold",
        ),
        (
            session("transcription", **turns(type="server_vad", threshold="x")),
            "session.audio.input.turn_detection.threshold",
        ),
        (session(**turns(type="x")), "session.audio.input.turn_detection.type"),
        (session(**turns()), "session.audio.input.turn_detection.type"),
        (session("x"), "session.type"),
        (session(tools=[{"type": "mcp"}]), "session.tools.0.server_label"),
        (session(tool_choice={"type": "function"}), "session.tool_choice.name"),
        (session(tool_choice={"type": "x"}), "session.tool_choice.type"),
        (session(tool_choice=7), "session.tool_choice"),
        (session(audio={"output": {"voice": 7}}), "session.audio.output.voice"),
        (item(type="function_call_output", call_id="x"), "item.output"),
        (item(type="message", role="user", content=7), "item.content"),
        (item(type="message", role="x", content=[]), "item.role"),
        (item(type="message", content=[]), "item.role"),
        (item(type="message", role="assistant", content=[{"type": "x"}]), "item.content.0.type"),
        (item(content=[]), "item.type"),
        (
            {"type": "response.create", "response": {"input": [{"type": "x"}]}},
            "response.input.0.type",
        ),
        (
            {"type": "response.create", "response": {"input": [{"type": "item_reference"}]}},
            "response.input.0.id",
        ),
    ],
)
def test_the_member_of_a_union_that_was_meant_is_told_about(event: Fields, field: str) -> None:
    assert wrong(event)[0] == field


def test_where_no_member_was_meant_all_are_named() -> None:
    told = "Input should be one of 'system', 'user', 'assistant'"
    assert wrong(item(type="message", role="x", content=[])) == ("item.role", told)
    assert "'function_call_output'" in wrong(item(type="x"))[1]


def test_of_much_that_is_wrong_not_all_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[ErrorDetails] = []

    def refuted(found: list[ErrorDetails]) -> dict[wrong_field.Place, ErrorDetails]:
        looked_at.extend(found)
        return {}

    monkeypatch.setattr(wrong_field, "_refuted", refuted)
    wrong(session(tools=[{"type": "x"}] * wrong_field.MAX_ERRORS))
    assert len(looked_at) == wrong_field.MAX_ERRORS


def test_fields_are_known_by_name() -> None:
    wrong_field.field_names.cache_clear()
    assert {"session", "turn_detection", "max_output_tokens"} <= wrong_field.field_names()
    assert "RealtimeSessionCreateRequest" not in wrong_field.field_names()
