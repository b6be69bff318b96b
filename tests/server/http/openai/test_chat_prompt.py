"""OpenAI's messages, tools and sampling as the contract's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon.errors import InvalidInput
from antiphon.v1 import generator_pb2 as pb
from server.http.openai.chat_prompt import generate_request
from server.http.openai.chat_request import MAX_TOKENS, ChatRequest

USER = {"role": "user", "content": "Hello"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def function(name: str, parameters: Any = None) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def request(**asked: Any) -> pb.GenerateRequest:
    body = json.dumps({"messages": [USER], **asked})
    return generate_request(ChatRequest.model_validate_json(body))


def test_messages_of_every_role() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    made = request(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            },
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "24"},
        ]
    )
    assert list(made.messages) == [
        pb.Message(role=pb.ROLE_SYSTEM, content="Be brief."),
        pb.Message(role=pb.ROLE_USER, content="ab"),
        pb.Message(
            role=pb.ROLE_ASSISTANT,
            tool_calls=[pb.ToolCall(id="c1", name="f", arguments='{"a": 1}')],
        ),
        pb.Message(role=pb.ROLE_TOOL, content="24", tool_call_id="c1"),
    ]


def test_no_arguments_are_an_empty_object() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
    made = request(messages=[{"role": "assistant", "tool_calls": [call]}])
    assert made.messages[0].tool_calls[0].arguments == "{}"


def test_nothing_is_set_that_was_not_asked_for_but_that_the_context_alone_bounds_it() -> None:
    assert request() == pb.GenerateRequest(
        messages=[pb.Message(role=pb.ROLE_USER, content="Hello")],
        sampling=pb.Sampling(max_tokens=MAX_TOKENS),
    )


def test_sampling() -> None:
    made = request(temperature=0, top_p=0.5, seed=-1, stop="x", max_tokens=9).sampling
    assert made == pb.Sampling(temperature=0, top_p=0.5, seed=2**64 - 1, stop=["x"], max_tokens=9)
    assert request(max_completion_tokens=5, max_tokens=9).sampling.max_tokens == 5
    assert list(request(stop=["a", "b"]).sampling.stop) == ["a", "b"]


def test_tools() -> None:
    made = request(tools=[function("f", SCHEMA), function("g")], tool_choice="auto")
    assert [tool.name for tool in made.tools] == ["f", "g"]
    assert json.loads(made.tools[0].parameters) == SCHEMA
    assert made.tool_choice == pb.TOOL_CHOICE_AUTO
    forced = {"type": "function", "function": {"name": "g"}}
    made = request(tools=[function("f"), function("g")], tool_choice=forced)
    assert (made.tool_choice, made.tool_name) == (pb.TOOL_CHOICE_REQUIRED, "g")
    assert request(tools=[], tool_choice="none") == request()


def test_the_form_of_the_answer() -> None:
    named = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    assert json.loads(request(response_format=named).json_schema) == SCHEMA
    made = request(response_format={"type": "json_object"})
    assert json.loads(made.json_schema) == {"type": "object"}
    assert not request(response_format={"type": "text"}).json_schema


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content.0",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0"),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "["}}],
                    }
                ]
            },
            "messages.0.tool_calls.0.function.arguments",
        ),
        ({"tools": [function("f"), function("f")]}, "tools"),
        ({"tools": [function("f", {"type": "string"})]}, "tools.0.function.parameters"),
        ({"tools": [function("f", {"x": "y" * 70_000})]}, "tools.0.function.parameters"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice.function.name",
        ),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ],
)
def test_what_is_wrong_is_named(asked: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidInput) as told:
        request(**asked)
    assert told.value.metadata["param"] == param


def test_a_number_of_thousands_of_digits_is_no_schema() -> None:
    asked = ChatRequest.model_validate_json(
        json.dumps({"messages": [USER], "tools": [function("f")]})
    )
    function_asked = asked.tools[0].function if asked.tools else None
    assert function_asked is not None and function_asked.parameters is None
    huge = function_asked.model_copy(update={"parameters": {"x": 10**5000}})
    tool = asked.tools[0].model_copy(update={"function": huge}) if asked.tools else None
    with pytest.raises(InvalidInput):
        generate_request(asked.model_copy(update={"tools": [tool]}))
