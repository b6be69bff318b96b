"""A chat completion's request as the language model service takes it. Pure."""

from __future__ import annotations

import json
from typing import Any

from antiphon.errors import InvalidInput
from antiphon.v1 import generator_pb2 as pb
from server.engines.generator import CHOICES, as_tools
from server.http.openai.chat_request import (
    MAX_TOKENS,
    Call,
    ChatMessage,
    ChatRequest,
    ChosenTool,
    OfferedTool,
    Part,
)
from server.realtime.tools import MAX_PARAMETERS_BYTES, Tool, Tools

_ROLES = {
    "system": pb.ROLE_SYSTEM,
    "developer": pb.ROLE_SYSTEM,
    "user": pb.ROLE_USER,
    "assistant": pb.ROLE_ASSISTANT,
    "tool": pb.ROLE_TOOL,
}
_SEED_MASK = 2**64 - 1
_ANY_OBJECT = {"type": "object"}


def generate_request(asked: ChatRequest) -> pb.GenerateRequest:
    """Return the request, its seed included; raise `InvalidInput` for what cannot be."""
    request = pb.GenerateRequest(
        messages=[_message(message, f"messages.{i}") for i, message in enumerate(asked.messages)],
        sampling=_sampling(asked),
        json_schema=_json_schema(asked),
    )
    tools = _tools(asked)
    if tools.offered:
        request.tools.extend(as_tools(tools))
        request.tool_choice = CHOICES[tools.choice]
        request.tool_name = tools.forced
    return request


def _message(message: ChatMessage, where: str) -> pb.Message:
    return pb.Message(
        role=_ROLES[message.role],
        content=_text(message.content, where),
        tool_calls=[
            _call(call, f"{where}.tool_calls.{i}")
            for i, call in enumerate(message.tool_calls or ())
        ],
        tool_call_id=message.tool_call_id or "",
    )


def _text(content: str | list[Part] | None, where: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    for i, part in enumerate(content):
        if part.type != "text" or part.text is None:
            raise _wrong(f"{where}.content.{i}", "only text is served, no images, sound or files")
    return "".join(part.text or "" for part in content)


def _call(call: Call, where: str) -> pb.ToolCall:
    text = call.function.arguments or "{}"  # many clients write no arguments so
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise _wrong(f"{where}.function.arguments", "no JSON object as text")
    return pb.ToolCall(id=call.id, name=call.function.name, arguments=text)


def _sampling(asked: ChatRequest) -> pb.Sampling:
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop
    sampling = pb.Sampling(
        temperature=asked.temperature,
        top_p=asked.top_p,
        # The service's own default is a spoken reply's; the context bounds what is asked without a bound.
        max_tokens=asked.max_completion_tokens or asked.max_tokens or MAX_TOKENS,
        stop=stop or (),
    )
    if asked.seed is not None:
        sampling.seed = asked.seed & _SEED_MASK
    return sampling


def _json_schema(asked: ChatRequest) -> str:
    form = asked.response_format
    if form is None or form.type == "text":
        return ""
    if form.type == "json_object":
        return json.dumps(_ANY_OBJECT)
    if form.json_schema is None:
        raise _wrong("response_format.json_schema", "it is missing")
    return _schema(form.json_schema.schema_, "response_format.json_schema.schema")


def _schema(schema: dict[str, Any], where: str) -> str:
    """Return `schema` as text, within the language model service's bound."""
    try:
        text = json.dumps(schema)
    except ValueError:  # an integer of thousands of digits
        raise _wrong(where, "no JSON schema") from None
    if len(text.encode()) > MAX_PARAMETERS_BYTES:
        raise _wrong(where, f"over {MAX_PARAMETERS_BYTES} bytes")
    return text


def _tools(asked: ChatRequest) -> Tools:
    offered = tuple(_tool(tool, f"tools.{i}") for i, tool in enumerate(asked.tools or ()))
    names = {tool.name for tool in offered}
    if len(names) < len(offered):
        raise _wrong("tools", "two functions have the same name")
    choice, forced = _choice(asked)
    if forced and forced not in names:
        raise _wrong("tool_choice.function.name", "no function has this name")
    if choice == "required" and not offered:
        raise _wrong("tool_choice", "there are no tools")
    return Tools(offered, choice, forced)


def _choice(asked: ChatRequest) -> tuple[str, str]:
    choice = asked.tool_choice
    if isinstance(choice, ChosenTool):
        return "required", choice.function.name
    return choice or "auto", ""


def _tool(tool: OfferedTool, where: str) -> Tool:
    function = tool.function
    parameters = function.parameters or {"type": "object", "properties": {}}
    if parameters.get("type", "object") != "object":
        raise _wrong(f"{where}.function.parameters", 'not a JSON schema of type "object"')
    _schema(parameters, f"{where}.function.parameters")
    return Tool(function.name, function.description or "", parameters)


def _wrong(param: str, why: str) -> InvalidInput:
    return InvalidInput(f"{param}: {why}", reason="INVALID_FIELD", param=param)
