"""Messages of the contract to the engine's values, and back. What no engine could use is refused here.

A refusal names the field and what is allowed, never a text that the caller wrote.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from antiphon.errors import InvalidInput
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from inference.llm import strict_json
from inference.llm.engine import (
    Event,
    Finish,
    FinishReason,
    Json,
    Message,
    Request,
    Role,
    Sampling,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)

MAX_STOPS = 8  # generator.proto
# A stop text is searched for at each token, and holds back as much text.
MAX_STOP_CHARS = 256
# Each tool's description is in every prompt: far fewer fit a spoken conversation.
MAX_TOOLS = 64
# Compiling a schema takes the engine about 1 ms a KiB, during which nobody else is answered.
MAX_SCHEMA_BYTES = 64 * 1024
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as OpenAI has it

_ROLES = {
    pb.ROLE_SYSTEM: Role.SYSTEM,
    pb.ROLE_USER: Role.USER,
    pb.ROLE_ASSISTANT: Role.ASSISTANT,
    pb.ROLE_TOOL: Role.TOOL,
}
_CHOICES = {
    pb.TOOL_CHOICE_UNSPECIFIED: ToolChoice.AUTO,
    pb.TOOL_CHOICE_AUTO: ToolChoice.AUTO,
    pb.TOOL_CHOICE_NONE: ToolChoice.NONE,
    pb.TOOL_CHOICE_REQUIRED: ToolChoice.REQUIRED,
}
_REASONS = {
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
    FinishReason.TOOL_CALLS: pb.FINISH_REASON_TOOL_CALLS,
}


def read_request(request: pb.GenerateRequest, *, guest: bool = False) -> Request:
    """Return the request as values; raise `InvalidInput` for what no engine could use."""
    tools = read_tools(request.tools)
    schema = None
    if request.json_schema:
        if tools:
            raise InvalidInput("json_schema and tools are both set; send one of them")
        schema = _schema(request.json_schema, "json_schema")
    return Request(
        messages=read_messages(request.messages),
        sampling=_sampling(request.sampling),
        tools=tools,
        tool_choice=_tool_choice(request, tools),
        tool_name=request.tool_name,
        json_schema=schema,
        guest=guest,
    )


def read_messages(messages: Iterable[pb.Message]) -> tuple[Message, ...]:
    """Return the messages; there must be one at least."""
    found = tuple(_message(message, f"messages[{i}]") for i, message in enumerate(messages))
    if not found:
        raise InvalidInput("messages is empty; send at least one", reason="NO_MESSAGES")
    return found


def read_tools(tools: Iterable[pb.Tool]) -> tuple[Tool, ...]:
    """Return the tools, each with its schema parsed."""
    found = tuple(_tool(tool, f"tools[{i}]") for i, tool in enumerate(tools))
    if len(found) > MAX_TOOLS:
        raise InvalidInput(f"{len(found)} tools; at most {MAX_TOOLS} are allowed")
    if len({tool.name for tool in found}) < len(found):
        raise InvalidInput("two tools have the same name")
    return found


def write_event(event: Event) -> pb.GenerateResponse:
    """Return `event` as it travels."""
    match event:
        case TextDelta(text):
            return pb.GenerateResponse(text=pb.TextDelta(text=text))
        case ToolCall(id, name, arguments):
            return pb.GenerateResponse(tool_call=pb.ToolCall(id=id, name=name, arguments=arguments))
        case Finish():
            return pb.GenerateResponse(finish=_finish(event))


def _message(message: pb.Message, where: str) -> Message:
    if message.role not in _ROLES:
        raise InvalidInput(
            f"{where}.role is {message.role}; it must be system, user, assistant or tool"
        )
    calls = (_call(call, f"{where}.tool_calls[{i}]") for i, call in enumerate(message.tool_calls))
    return Message(_ROLES[message.role], message.content, tuple(calls), message.tool_call_id)


def _call(call: pb.ToolCall, where: str) -> ToolCall:
    if not isinstance(_parse(call.arguments, f"{where}.arguments"), dict):
        raise InvalidInput(f"{where}.arguments is not a JSON object")
    return ToolCall(call.id, call.name, call.arguments)


def _tool(tool: pb.Tool, where: str) -> Tool:
    if not TOOL_NAME.fullmatch(tool.name):
        raise InvalidInput(f"{where}.name must be 1 to 64 letters, digits, underscores and hyphens")
    parameters = _schema(tool.parameters or "{}", f"{where}.parameters")
    # Arguments are an object, whether the schema says so or not.
    if parameters.setdefault("type", "object") != "object":
        raise InvalidInput(f'{where}.parameters must be a schema of type "object"')
    return Tool(tool.name, tool.description, parameters)


def _schema(text: str, where: str) -> dict[str, Json]:
    size = len(text.encode())
    if size > MAX_SCHEMA_BYTES:
        raise InvalidInput(f"{where} is {size} bytes; at most {MAX_SCHEMA_BYTES} are allowed")
    schema = _parse(text, where)
    if not isinstance(schema, dict):
        raise InvalidInput(f"{where} is not a JSON schema: it must be a JSON object")
    return schema


def _parse(text: str, where: str) -> Json:
    try:
        return strict_json.parse(text)
    except ValueError as error:  # its text has positions and never what is there
        raise InvalidInput(f"{where} is not valid JSON: {error}") from None


def _tool_choice(request: pb.GenerateRequest, tools: tuple[Tool, ...]) -> ToolChoice:
    if request.tool_choice not in _CHOICES:
        raise InvalidInput(
            f"tool_choice is {request.tool_choice}; it must be auto, none or required"
        )
    choice = _CHOICES[request.tool_choice]
    if request.tool_name and choice is not ToolChoice.REQUIRED:
        raise InvalidInput("tool_name is set; it needs tool_choice required")
    if choice is ToolChoice.REQUIRED and not tools:
        raise InvalidInput("tool_choice is required, but there are no tools")
    if request.tool_name and request.tool_name not in {tool.name for tool in tools}:
        raise InvalidInput("tool_name is not the name of a tool in this request")
    return choice if tools else ToolChoice.NONE


def _sampling(sampling: pb.Sampling) -> Sampling:
    return Sampling(
        temperature=_number(sampling, "temperature", 0, 2),
        top_p=_number(sampling, "top_p", 0, 1, over=True),
        top_k=_given(sampling, "top_k"),
        repetition_penalty=_number(sampling, "repetition_penalty", 0.1, 10),
        seed=_given(sampling, "seed"),
        max_tokens=sampling.max_tokens,
        stop=_stops(sampling.stop),
    )


def _number(
    sampling: pb.Sampling, name: str, least: float, most: float, *, over: bool = False
) -> float | None:
    value = _given(sampling, name)
    if value is None:
        return None
    # Not a number fails every comparison.
    if not (least < value if over else least <= value) or not value <= most:
        shown = value if math.isfinite(value) else f"{value} (not a finite number)"
        raise InvalidInput(
            f"sampling.{name} is {shown}; it must be {'over' if over else 'from'} {least} up to {most}"
        )
    return float(value)


def _given(sampling: pb.Sampling, name: Any) -> Any:
    return getattr(sampling, name) if sampling.HasField(name) else None


def _stops(stops: Iterable[str]) -> tuple[str, ...]:
    found = tuple(stops)
    if len(found) > MAX_STOPS:
        raise InvalidInput(f"sampling.stop has {len(found)} texts; at most {MAX_STOPS} are allowed")
    for i, stop in enumerate(found):
        if not 0 < len(stop) <= MAX_STOP_CHARS:
            raise InvalidInput(
                f"sampling.stop[{i}] has {len(stop)} characters; 1 to {MAX_STOP_CHARS} are allowed"
            )
    return found


def _finish(finish: Finish) -> pb.Finish:
    usage, timing = finish.usage, finish.timing
    return pb.Finish(
        reason=_REASONS[finish.reason],
        usage=pb.Usage(
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
        ),
        timing=common_pb2.Timing(
            queue_ms=timing.queue_ms,
            compute_ms=timing.compute_ms,
            first_output_ms=timing.first_output_ms,
        ),
    )
