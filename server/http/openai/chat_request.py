"""What a client asks the language model, as OpenAI writes it. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.http.openai.reading import Asked
from server.realtime.tools import MAX_TOOLS, NAME

# Far more than any context that is served: about a token each.
MAX_MESSAGES = 10_000
# The language model service's own bounds.
MAX_STOPS = 8
MAX_STOP_CHARS = 256
MAX_TOKENS = 2**31 - 1

FunctionName = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
Stop = Annotated[str, Field(min_length=1, max_length=MAX_STOP_CHARS)]


class Part(Asked):
    """A part of a message; only text is served."""

    type: str
    text: str | None = None


class CalledFunction(Asked):
    """A function that the model called; `arguments` is a JSON object as text."""

    name: str = Field(min_length=1, max_length=256)
    arguments: str


class Call(Asked):
    """A call that an assistant made."""

    id: str = Field(max_length=256)
    type: Literal["function"] = "function"
    function: CalledFunction


class ChatMessage(Asked):
    """A message; a `developer` is a `system`."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[Call] | None = Field(None, max_length=MAX_TOOLS)
    tool_call_id: str | None = Field(None, max_length=256)


class Function(Asked):
    """A function on offer; `parameters` is the JSON schema of its arguments."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None


class OfferedTool(Asked):
    """A tool; only functions are served."""

    type: Literal["function"]
    function: Function


class ChosenFunction(Asked):
    """Its name."""

    name: FunctionName


class ChosenTool(Asked):
    """The one function that must be called."""

    type: Literal["function"]
    function: ChosenFunction


class NamedSchema(Asked):
    """A JSON schema."""

    name: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")


class ResponseFormat(Asked):
    """What the answer is to be; `json_schema` only with that type."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None


class StreamOptions(Asked):
    """Whether the last event of a stream tells the tokens used."""

    include_usage: bool | None = None


class ChatRequest(Asked):
    """The body of `POST /v1/chat/completions`; `model` changes nothing."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=MAX_MESSAGES)
    model: str | None = Field(None, max_length=200)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    max_completion_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    stop: Stop | Annotated[list[Stop], Field(max_length=MAX_STOPS)] | None = None
    n: Literal[1] | None = None
    tools: list[OfferedTool] | None = Field(None, max_length=MAX_TOOLS)
    tool_choice: Literal["none", "auto", "required"] | ChosenTool | None = None
    response_format: ResponseFormat | None = None
