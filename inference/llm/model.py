"""A language model: chat template, tokens and text around an engine that computes tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from antiphon.errors import InvalidInput
from antiphon.timing import Timing

from inference.llm.answer import Answer
from inference.llm.engine import Capability, Event, Finish, Message, Request, Sampling, Tool, Usage
from inference.llm.gate import Gate
from inference.llm.model_folder import ModelDefaults
from inference.llm.prompt import ChatTemplate
from inference.llm.token_engine import Choice, TokenEngine
from inference.llm.tokenizer import Tokenizer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the settings allow one request, and all of them together."""

    context_tokens: int
    max_tokens: int
    max_waiting: int


class LanguageModel:
    """An `Engine` over a `TokenEngine`."""

    simulated = False

    def __init__(
        self,
        engine: TokenEngine,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        defaults: ModelDefaults,
        bounds: Bounds,
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._template = template
        self._defaults = defaults
        self._bounds = bounds
        self._gate = Gate(engine.slots, bounds.max_waiting)
        self.name = engine.name
        self.capabilities: frozenset[Capability] = engine.capabilities

    async def generate(self, request: Request) -> AsyncGenerator[Event, None]:
        """See `Engine`."""
        prompt = await self._encode(self._template.render(request.messages, request.tools))
        choice = self._choose(request.sampling, len(prompt))
        answer = Answer(self._tokenizer.decode, request.sampling.stop)
        watch = Stopwatch()
        async with self._gate.enter():
            watch.hand_over()
            async with aclosing(self._engine.generate(prompt, choice)) as steps:
                async for step in steps:
                    watch.output()
                    for event in answer.feed(step):
                        yield event
                    if answer.ended:
                        break
        for event in answer.close():
            yield event
        usage = Usage(len(prompt), answer.cached_tokens, answer.completion_tokens)
        yield Finish(answer.reason, usage, watch.timing())

    async def warm(self, messages: tuple[Message, ...], tools: tuple[Tool, ...]) -> int:
        """See `Engine`."""
        return 0

    async def close(self) -> None:
        """See `Engine`."""
        await self._engine.close()

    async def _encode(self, text: str) -> list[int]:
        # A megabyte takes half a second to encode; this tells without.
        if (least := self._tokenizer.at_least(text)) >= self._bounds.context_tokens:
            raise self._too_long(f"at least {least}")
        prompt = await self._tokenizer.encode(text)
        if len(prompt) >= self._bounds.context_tokens:
            raise self._too_long(str(len(prompt)))
        return prompt

    def _too_long(self, tokens: str) -> InvalidInput:
        return InvalidInput(
            f"the prompt is {tokens} tokens and the model holds {self._bounds.context_tokens} with its answer; shorten it",
            reason="PROMPT_TOO_LONG",
            context_tokens=str(self._bounds.context_tokens),
        )

    def _choose(self, sampling: Sampling, prompt_tokens: int) -> Choice:
        own = self._defaults
        room = self._bounds.context_tokens - prompt_tokens
        return Choice(
            temperature=_or(sampling.temperature, own.temperature),
            top_p=_or(sampling.top_p, own.top_p),
            top_k=_or(sampling.top_k, own.top_k),
            repetition_penalty=_or(sampling.repetition_penalty, own.repetition_penalty),
            seed=sampling.seed,
            max_tokens=min(sampling.max_tokens or self._bounds.max_tokens, room),
        )


class Stopwatch:
    """Times one request: waiting, to the engine's first output, to its last."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._asked = self._handed = self._first = self._last = self._clock()

    def hand_over(self) -> None:
        """The engine has it from now on."""
        self._handed = self._first = self._last = self._clock()

    def output(self) -> None:
        """The engine gave something out."""
        self._last = self._clock()
        if self._first == self._handed:
            self._first = self._last

    def timing(self) -> Timing:
        """Return the durations so far."""
        return Timing(
            queue_ms=(self._handed - self._asked) * 1000,
            compute_ms=(self._last - self._handed) * 1000,
            first_output_ms=(self._first - self._handed) * 1000,
        )


def _or(given: T | None, default: T) -> T:
    return default if given is None else given
