"""What every language engine is to the rest of the service: values in, values out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from antiphon.timing import Timing
from inference.llm.gate import Gate

Json = Any  # a value of the json module; recursive types gain nothing here


class Capability(StrEnum):
    """The words of `ServiceInfo.capabilities`."""

    PREFIX_CACHE = "prefix_cache"
    TOOLS = "tools"
    FORCED_TOOLS = "forced_tools"
    JSON_SCHEMA = "json_schema"
    SEED = "seed"


class Role(StrEnum):
    """Who speaks, in the words that chat templates use."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ToolChoice(StrEnum):
    """Whether the answer may, must or must not be a tool call."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


class FinishReason(StrEnum):
    """Why the answer ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model makes; `arguments` is a JSON object as text, always valid."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool on offer; `parameters` is the parsed JSON schema of its arguments."""

    name: str
    description: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation so far."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose tokens; None means the model's own default, `max_tokens` 0 the service's."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    max_tokens: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One answer asked for. Valid in itself; whether the engine can do it is the engine's to say."""

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ToolChoice.NONE
    tool_name: str = ""
    json_schema: Json = None
    guest: bool = False  # beside conversations, whose requests go first


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text; never splits a character."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written; `cached_tokens` of the prompt came from the prefix cache."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The last event of every answer."""

    reason: FinishReason
    usage: Usage
    timing: Timing


Event = TextDelta | ToolCall | Finish


class Engine(Protocol):
    """Answers requests; one instance a process, used from its event loop only."""

    name: str
    simulated: bool
    capabilities: frozenset[Capability]
    gate: Gate

    def generate(self, request: Request) -> AsyncGenerator[Event, None]:
        """Yield the answer, Finish last. Closing the generator stops the work behind it.

        Raises `InvalidInput` for a prompt that does not fit, `Exhausted` when too many wait, `Unsupported`.
        """
        ...

    async def warm(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], *, guest: bool = False
    ) -> int:
        """Compute the prefix that a coming request will share; return how many tokens of it are cached."""
        ...

    async def close(self) -> None:
        """Stop the engine and whatever processes it has."""
        ...
