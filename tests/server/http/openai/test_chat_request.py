"""A chat completion's request, within bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from server.http.openai.chat_request import ChatRequest, ChosenTool

MESSAGES = [{"role": "user", "content": "Hello"}]
TOOL = {"type": "function", "function": {"name": "f"}}


def read(**asked: Any) -> ChatRequest:
    return ChatRequest.model_validate_json(json.dumps({"messages": MESSAGES, **asked}))


def test_nothing_but_messages_is_needed_and_null_is_nothing() -> None:
    fields = set(ChatRequest.model_fields) - {"messages"}
    assert read(**dict.fromkeys(fields)) == read()


def test_a_tool_is_chosen_by_name() -> None:
    asked = read(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "f"}})
    assert isinstance(asked.tool_choice, ChosenTool)


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": []},
        {"messages": MESSAGES * 10_001},
        {"messages": [{"role": "boss", "content": "x"}]},
        {"messages": [{"role": "user", "content": 7}]},
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"top_p": 0},
        {"top_p": 1.1},
        {"max_tokens": 0},
        {"max_completion_tokens": 2**31},
        {"seed": 2**63},
        {"stop": ""},
        {"stop": ["x"] * 9},
        {"stop": "x" * 257},
        {"n": 2},
        {"tools": [TOOL] * 65},
        {"tools": [{"type": "function", "function": {"name": "two words"}}]},
        {"tools": [{"type": "web_search"}]},
        {"tool_choice": "perhaps"},
        {"response_format": {"type": "xml"}},
    ],
)
def test_what_is_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**wrong)
