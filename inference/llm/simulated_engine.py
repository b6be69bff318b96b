"""Answers without a model, at a model's pace: for load tests, client developers, projected latencies.

What it says - With tools on offer, the first whose name the last user message contains as words
("get_weather": "get weather") is
  called, with example arguments; with tool choice required, the first (or the named) one whatever was said.
- With a JSON schema, an example of it.
- Else the n-th user message of the conversation gets the n-th of `[llm.simulated] replies`, in
rotation, so that the same
  conversation always hears the same, whatever else goes on.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import re
from collections.abc import AsyncGenerator, Iterator
from itertools import count

from antiphon.errors import InvalidInput
from inference.llm.capabilities import check
from inference.llm.engine import (
    Capability,
    Event,
    Finish,
    FinishReason,
    Message,
    Request,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
    Usage,
)
from inference.llm.gate import Gate
from inference.llm.schema_example import example
from inference.llm.settings import LlmSettings, SimulatedSettings
from inference.llm.stops import Stops
from inference.llm.stopwatch import Stopwatch

# English is about four characters a token in the tokenizers of Llama and its like.
CHARS_PER_TOKEN = 4
# As many at a time as a GPU host serves from one engine.
SLOTS = 256

_PIECE = re.compile(r"\s*\w{1,6}|\s*[^\w\s]|\s+")


class SimulatedEngine:
    """An `Engine` that draws its delays from `[llm.simulated]`."""

    name = "simulated"
    simulated = True
    capabilities = frozenset(
        {Capability.TOOLS, Capability.FORCED_TOOLS, Capability.JSON_SCHEMA, Capability.SEED}
    )

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._gate = Gate(SLOTS, settings.max_waiting)
        self._requests = count()

    async def generate(self, request: Request) -> AsyncGenerator[Event, None]:
        """See `Engine`."""
        check(request, self.capabilities, self.name)
        prompt_tokens = self._prompt_tokens(request.messages)
        delays = _delays(self._settings.simulated, next(self._requests))
        answer = _Answer(request, self._settings)
        watch = Stopwatch()
        async with self._gate.enter():
            watch.hand_over()
            for delay_s, events in zip(delays, answer.steps(), strict=False):
                await asyncio.sleep(delay_s)
                watch.output()
                for event in events:
                    yield event
        usage = Usage(prompt_tokens, 0, answer.tokens)
        yield Finish(answer.reason, usage, watch.timing())

    async def warm(self, messages: tuple[Message, ...], tools: tuple[Tool, ...]) -> int:
        """See `Engine`; it has no cache."""
        return 0

    async def close(self) -> None:
        """See `Engine`; it holds nothing."""

    def _prompt_tokens(self, messages: tuple[Message, ...]) -> int:
        chars = sum(len(message.content) for message in messages)
        tokens = math.ceil(chars / CHARS_PER_TOKEN) + len(messages)
        if tokens >= self._settings.context_tokens:
            raise InvalidInput(
                f"the prompt is about {tokens} tokens, the model holds {self._settings.context_tokens} "
                "together with its answer; shorten it",
                reason="PROMPT_TOO_LONG",
                context_tokens=str(self._settings.context_tokens),
            )
        return tokens


class _Answer:
    """What to say to one request, token by token."""

    def __init__(self, request: Request, settings: LlmSettings) -> None:
        self._request = request
        self._stops = Stops(request.sampling.stop)
        self._call = _call(request)
        self._limit = request.sampling.max_tokens or settings.max_tokens
        self._text = _text(request, settings.simulated.replies)
        self.reason = FinishReason.STOP
        self.tokens = 0

    def steps(self) -> Iterator[list[Event]]:
        """Yield the events of each token; `tokens` and `reason` are right at the end."""
        text = self._call.arguments if self._call else self._text
        for piece in _PIECE.findall(text):
            if self.tokens == self._limit:
                self.reason = FinishReason.LENGTH
                return
            self.tokens += 1
            yield [] if self._call else _delta(self._stops.feed(piece))
            if self._stops.met:
                return
        yield self._last()

    def _last(self) -> list[Event]:
        if self._call:
            self.reason = FinishReason.TOOL_CALLS
            return [self._call]
        return _delta(self._stops.close())


def _delays(settings: SimulatedSettings, number: int) -> Iterator[float]:
    """Yield seconds before each token, the same ones in every run."""
    draw = random.Random(f"{settings.seed}:{number}")
    for median_ms in _medians(settings):
        yield median_ms / 1000 * draw.lognormvariate(0, settings.sigma)


def _medians(settings: SimulatedSettings) -> Iterator[float]:
    yield settings.first_token_ms
    while True:
        yield settings.token_ms


def _text(request: Request, replies: tuple[str, ...]) -> str:
    if request.json_schema is not None:
        return json.dumps(example(request.json_schema))
    turns = sum(message.role is Role.USER for message in request.messages)
    return replies[max(turns - 1, 0) % len(replies)]


def _call(request: Request) -> ToolCall | None:
    if request.tool_choice is ToolChoice.NONE:
        return None
    said = next((m.content for m in reversed(request.messages) if m.role is Role.USER), "").lower()
    asked_back = request.messages[-1].role is Role.TOOL
    for tool in request.tools:
        if request.tool_choice is ToolChoice.REQUIRED:
            wanted = request.tool_name in ("", tool.name)
        else:
            wanted = not asked_back and tool.name.replace("_", " ").lower() in said
        if wanted:
            return ToolCall(
                f"call_{len(request.messages)}",
                tool.name,
                json.dumps(example(tool.parameters) or {}),
            )
    return None


def _delta(text: str) -> list[Event]:
    return [TextDelta(text)] if text else []
