from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon.errors import InvalidInput
from antiphon.timing import Timing
from antiphon.v1 import generator_pb2 as pb
from inference.llm.engine import (
    Finish,
    FinishReason,
    Message,
    Request,
    Role,
    Sampling,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
    Usage,
)
from inference.llm.wire import (
    MAX_SCHEMA_BYTES,
    MAX_STOP_CHARS,
    MAX_TOOLS,
    read_messages,
    read_request,
    read_tools,
    write_event,
)

HELLO = pb.Message(role=pb.ROLE_USER, content="hello")
CLOCK = pb.Tool(name="get_time", description="The time", parameters='{"type": "object"}')
A_CLOCK = Tool("get_time", "The time", {"type": "object"})


def read(**fields: Any) -> Request:
    return read_request(pb.GenerateRequest(**{"messages": [HELLO], **fields}))


def test_what_is_not_set_is_not_set() -> None:
    assert read() == Request((Message(Role.USER, "hello"),))


def test_sampling_is_taken_as_it_is() -> None:
    found = read(
        sampling=pb.Sampling(
            temperature=0,
            top_p=1,
            top_k=0,
            repetition_penalty=1.5,
            seed=2**64 - 1,
            max_tokens=7,
            stop=["\n"],
        )
    )
    assert found.sampling == Sampling(0, 1, 0, 1.5, 2**64 - 1, 7, ("\n",))


def test_a_conversation_with_calls_and_results() -> None:
    call = pb.ToolCall(id="1", name="get_time", arguments="{}")
    found = read_messages(
        [
            pb.Message(role=pb.ROLE_SYSTEM, content="Be kind."),
            pb.Message(role=pb.ROLE_ASSISTANT, tool_calls=[call]),
            pb.Message(role=pb.ROLE_TOOL, content="noon", tool_call_id="1"),
        ]
    )
    assert found == (
        Message(Role.SYSTEM, "Be kind."),
        Message(Role.ASSISTANT, "", (ToolCall("1", "get_time", "{}"),)),
        Message(Role.TOOL, "noon", tool_call_id="1"),
    )


@pytest.mark.parametrize(
    ("tools", "choice", "found"),
    [
        ([], pb.TOOL_CHOICE_UNSPECIFIED, ToolChoice.NONE),
        ([], pb.TOOL_CHOICE_AUTO, ToolChoice.NONE),
        ([CLOCK], pb.TOOL_CHOICE_UNSPECIFIED, ToolChoice.AUTO),
        ([CLOCK], pb.TOOL_CHOICE_AUTO, ToolChoice.AUTO),
        ([CLOCK], pb.TOOL_CHOICE_NONE, ToolChoice.NONE),
        ([CLOCK], pb.TOOL_CHOICE_REQUIRED, ToolChoice.REQUIRED),
    ],
)
def test_tool_choice(tools: list[pb.Tool], choice: pb.ToolChoice, found: ToolChoice) -> None:
    request = read(tools=tools, tool_choice=choice)
    assert request.tool_choice is found
    assert request.tools == (A_CLOCK,) * len(tools)


def test_one_tool_can_be_named() -> None:
    found = read(tools=[CLOCK], tool_choice=pb.TOOL_CHOICE_REQUIRED, tool_name="get_time")
    assert found.tool_name == "get_time"


@pytest.mark.parametrize("parameters", ["", "{}", '{"type": "object"}'])
def test_arguments_are_an_object_even_unsaid(parameters: str) -> None:
    assert read_tools([pb.Tool(name="a", parameters=parameters)])[0].parameters["type"] == "object"


def test_a_schema_is_parsed() -> None:
    assert read(json_schema='{"type": "string"}').json_schema == {"type": "string"}
    assert read(json_schema="{}").json_schema == {}


def sampling(**fields: Any) -> dict[str, Any]:
    return {"sampling": pb.Sampling(**fields)}


UNKNOWN_ROLE = pb.Message(role=9)  # type: ignore[arg-type]
NAN, INFINITE = float("nan"), float("inf")
DEEP = '{"a":' * 20_000


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"messages": []}, "at least one"),
        ({"messages": [HELLO, pb.Message(content="x")]}, r"messages\[1\]\.role is 0"),
        ({"messages": [UNKNOWN_ROLE]}, r"messages\[0\]\.role is 9"),
        (sampling(temperature=NAN), "temperature is nan"),
        (sampling(temperature=INFINITE), "temperature is inf"),
        (sampling(temperature=-0.1), "from 0 up to 2"),
        (sampling(temperature=2.01), r"2\.01"),
        (sampling(top_p=0), "over 0 up to 1"),
        (sampling(top_p=1.1), "top_p"),
        (sampling(top_p=NAN), "top_p"),
        (sampling(repetition_penalty=0), "repetition_penalty"),
        (sampling(repetition_penalty=11), "repetition_penalty"),
        (sampling(stop=["a"] * 9), "9 texts"),
        (sampling(stop=["a", ""]), r"stop\[1\] has 0 characters"),
        (sampling(stop=["a" * (MAX_STOP_CHARS + 1)]), "257 characters"),
        ({"json_schema": "{"}, "json_schema is not valid JSON"),
        ({"json_schema": DEEP}, "bytes|nested"),
        ({"json_schema": "[" * 20_000}, "nested"),
        ({"json_schema": '{"a": NaN}'}, "NaN is no JSON number"),
        ({"json_schema": "3"}, "must be a JSON object"),
        ({"json_schema": json.dumps("é" * MAX_SCHEMA_BYTES)}, str(MAX_SCHEMA_BYTES)),
        ({"json_schema": "{}", "tools": [CLOCK]}, "one of them"),
        ({"tools": [CLOCK, CLOCK]}, "same name"),
        ({"tools": [pb.Tool(name=f"t{i}") for i in range(MAX_TOOLS + 1)]}, "65 tools"),
        ({"tools": [pb.Tool(name="")]}, r"tools\[0\]\.name"),
        ({"tools": [pb.Tool(name="a b")]}, r"tools\[0\]\.name"),
        ({"tools": [pb.Tool(name="a" * 65)]}, r"tools\[0\]\.name"),
        ({"tools": [pb.Tool(name="a", parameters="x")]}, r"tools\[0\]\.parameters"),
        ({"tools": [pb.Tool(name="a", parameters="[]")]}, "must be a JSON object"),
        ({"tools": [pb.Tool(name="a", parameters='{"type": "array"}')]}, '"object"'),
        ({"tools": [CLOCK], "tool_choice": 9}, "tool_choice is 9"),
        ({"tool_choice": pb.TOOL_CHOICE_REQUIRED}, "no tools"),
        ({"tools": [CLOCK], "tool_name": "get_time"}, "needs tool_choice required"),
        (
            {"tools": [CLOCK], "tool_choice": pb.TOOL_CHOICE_REQUIRED, "tool_name": "x"},
            "not the name of a tool",
        ),
        (
            {"messages": [pb.Message(role=pb.ROLE_ASSISTANT, tool_calls=[pb.ToolCall()])]},
            r"messages\[0\]\.tool_calls\[0\]\.arguments is not valid JSON",
        ),
        (
            {
                "messages": [
                    pb.Message(role=pb.ROLE_ASSISTANT, tool_calls=[pb.ToolCall(arguments="[]")])
                ]
            },
            "not a JSON object",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(**fields)


def test_events_as_they_travel() -> None:
    assert write_event(TextDelta("é")) == pb.GenerateResponse(text=pb.TextDelta(text="é"))
    call = write_event(ToolCall("1", "get_time", "{}")).tool_call
    assert (call.id, call.name, call.arguments) == ("1", "get_time", "{}")


@pytest.mark.parametrize("reason", FinishReason)
def test_the_end_as_it_travels(reason: FinishReason) -> None:
    finish = write_event(Finish(reason, Usage(3, 2, 1), Timing(1.5, 2.5, 0.5))).finish
    assert pb.FinishReason.Name(finish.reason) == f"FINISH_REASON_{reason.name}"
    usage, timing = finish.usage, finish.timing
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (3, 2, 1)
    assert (timing.queue_ms, timing.compute_ms, timing.first_output_ms) == (1.5, 2.5, 0.5)
