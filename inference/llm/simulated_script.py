"""What the simulated engine says, token by token. Pure.

What it says - With tools on offer, the first whose name the last user message contains as words
("get_weather": "get weather") is
  called, with example arguments; with tool choice required, the first (or the named) one whatever was said.
- With a JSON schema, an example of it.
- Else the n-th user message of the conversation gets the n-th of `[llm.simulated] replies`, in
rotation, so that the same
  conversation always hears the same, whatever else goes on.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from inference.llm.engine import (
    Event,
    FinishReason,
    Request,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from inference.llm.schema_example import example
from inference.llm.settings import LlmSettings
from inference.llm.stops import Stops

# About four characters of English each, as in the tokenizers of Llama and its like; together they
# are the text.
_PIECE = re.compile(r"\s*\w{1,6}|\s*[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Script:
    """The events of each token, and why it ends after the last."""

    steps: list[list[Event]]
    reason: FinishReason


def script(request: Request, settings: LlmSettings) -> Script:
    """Return the answer to `request`."""
    limit = request.sampling.max_tokens or settings.max_tokens
    if call := _call(request):
        return _say_call(call, limit)
    return _say_text(_text(request, settings.simulated.replies), request.sampling.stop, limit)


def _say_call(call: ToolCall, limit: int) -> Script:
    tokens = len(_PIECE.findall(call.arguments))
    if tokens > limit:
        return Script([[] for _ in range(limit)], FinishReason.LENGTH)
    return Script([*([] for _ in range(tokens - 1)), [call]], FinishReason.TOOL_CALLS)


def _say_text(text: str, stop: tuple[str, ...], limit: int) -> Script:
    pieces = _PIECE.findall(text)
    stops, said = Stops(stop), list[str]()
    for piece in pieces[:limit]:
        said.append(stops.feed(piece))
        if stops.met:
            break
    said[-1] += stops.close()
    cut = len(pieces) > limit and not stops.met
    steps: list[list[Event]] = [[TextDelta(text)] if text else [] for text in said]
    return Script(steps, FinishReason.LENGTH if cut else FinishReason.STOP)


def _text(request: Request, replies: tuple[str, ...]) -> str:
    if request.json_schema is not None:
        return json.dumps(example(request.json_schema))
    turns = sum(message.role is Role.USER for message in request.messages)
    return replies[max(turns - 1, 0) % len(replies)]


def _call(request: Request) -> ToolCall | None:
    for tool in request.tools:
        if _wanted(tool, request):
            arguments = json.dumps(example(tool.parameters) or {})
            return ToolCall(f"call_{len(request.messages)}", tool.name, arguments)
    return None


def _wanted(tool: Tool, request: Request) -> bool:
    match request.tool_choice:
        case ToolChoice.NONE:
            return False
        case ToolChoice.REQUIRED:
            return request.tool_name in ("", tool.name)
        case ToolChoice.AUTO:
            # After a tool's result it is time to speak.
            last = request.messages[-1]
            words = tool.name.replace("_", " ").lower()
            return last.role is Role.USER and words in last.content.lower()
