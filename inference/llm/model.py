"""A language model: chat template, tokens, text and tools around an engine that computes tokens.

A guest's answer steps aside for a conversation's request: it is closed in the engine, and goes on later from
the tokens that it has. So a conversation waits for a guest while the guest's prompt is read and for one token
more, at most. What a greedy guest writes then may differ, since weights of int8 round tokens that are read
together otherwise than one by one. An answer that is held to a grammar or drawn with a seed would not go on
as it began, and is left alone: vLLM alone can do either, and with two slots or more has some that guests are
not given.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

from antiphon.errors import Exhausted
from inference.llm.answer import Answer
from inference.llm.capabilities import check
from inference.llm.context import check_fits
from inference.llm.engine import (
    Capability,
    Event,
    Finish,
    Message,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    Usage,
)
from inference.llm.gate import Gate
from inference.llm.model_folder import ModelDefaults
from inference.llm.prompt import ChatTemplate
from inference.llm.stopwatch import Stopwatch
from inference.llm.token_engine import Choice, Constraint, Prompt, Step, TokenEngine
from inference.llm.tokenizer import Tokenizer
from inference.llm.tool_calls import forced_tag, offered_tag

T = TypeVar("T")

# Of a prompt that is read at the same time as others: so short that all of them fill one step.
SHORT_TOKENS = 32
# How callers have tokens chosen, each by kernels of its own; the second token is of a step that all share.
MANNERS = (
    Sampling(temperature=0.0, top_p=1.0, top_k=0, max_tokens=2),
    Sampling(temperature=0.7, top_p=0.9, top_k=0, max_tokens=2),
    Sampling(temperature=0.7, top_p=0.9, top_k=40, max_tokens=2),
)
# What a guest writes while another waits: 2 s on two cores. Each turn begins with reading what was written.
GUEST_TURN_TOKENS = 64


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
        self.gate = Gate(engine.slots, bounds.max_waiting)
        self.name = engine.name
        own = {Capability.TOOLS} if template.takes_tools else set()
        self.capabilities = engine.capabilities | own

    async def generate(self, request: Request) -> AsyncGenerator[Event, None]:
        """See `Engine`."""
        check(request, self.capabilities, self.name)
        prompt = await self._prompt(request.messages, _offered(request), answer=True)
        choice = self._choose(request.sampling, len(prompt.tokens))
        answer = Answer(self._tokenizer.decode, request)
        watch = Stopwatch()
        steps = self._steps(request, prompt, choice, watch)
        async with aclosing(steps):
            async for step in steps:
                for event in answer.feed(step):
                    yield event
                if answer.complete:
                    break
        for event in answer.close():
            yield event
        read = len(prompt.tokens)
        usage = Usage(read, min(answer.cached_tokens, read), answer.completion_tokens)
        yield Finish(answer.reason, usage, watch.timing())

    async def _steps(
        self, request: Request, prompt: Prompt, choice: Choice, watch: Stopwatch
    ) -> AsyncGenerator[Step, None]:
        """Yield the engine's steps, those of a guest with pauses in which conversations are answered."""
        constraint = self._constrain(request)
        drawn = choice.seed is not None and choice.temperature > 0
        yields = request.guest and constraint is None and not drawn
        said: tuple[int, ...] = ()
        behind = False
        while True:
            async with self.gate.enter(guest=request.guest, again=bool(said), behind=behind):
                left_at = len(said) + GUEST_TURN_TOKENS
                if not said:
                    watch.hand_over()
                rest = replace(choice, max_tokens=choice.max_tokens - len(said))
                steps = self._engine.generate(
                    replace(prompt, tokens=prompt.tokens + said), rest, constraint
                )
                async with aclosing(steps):
                    async for step in steps:
                        watch.output()
                        yield step
                        said += step.tokens
                        more = step.tokens and not step.ended and len(said) < choice.max_tokens
                        wanted = self.gate.wanted
                        behind = not wanted and self.gate.shared and len(said) >= left_at
                        if yields and more and (wanted or behind):
                            break
                    else:
                        return

    async def warm(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], *, guest: bool = False
    ) -> int:
        """See `Engine`."""
        if Capability.PREFIX_CACHE not in self.capabilities:
            return 0
        prompt = await self._prompt(messages, tools, answer=False)
        try:
            async with self.gate.enter(guest=guest):
                return await self._engine.warm(prompt)
        except Exhausted:
            return 0  # a hint, for which nobody is refused

    async def fill(self) -> None:
        """Read a prompt that fills the context; then answer ever more short ones at once, up to the slots.

        A card compiles what so many answers need when they are first computed together: on an H200 the first
        8 callers at once waited 1.9 s for their first token, and then the first 24 (vLLM 0.32).
        """
        token = (await self._tokenizer.encode("a"))[-1]
        longest = Prompt((token,) * (self._bounds.context_tokens - 1))
        await self._engine.warm(longest)
        short = Prompt((token,) * SHORT_TOKENS)
        for together in doublings(self._engine.slots):
            for manner in MANNERS:
                choice = self._choose(manner, SHORT_TOKENS)
                await asyncio.gather(*(self._compute(short, choice) for _ in range(together)))

    async def close(self) -> None:
        """See `Engine`."""
        await self._engine.close()

    async def _compute(self, prompt: Prompt, choice: Choice) -> None:
        async with aclosing(self._engine.generate(prompt, choice)) as steps:
            async for _ in steps:
                pass

    async def _prompt(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], *, answer: bool
    ) -> Prompt:
        text = self._template.render(messages, tools, answer=answer)
        # A megabyte takes half a second to encode; this tells without.
        holds = self._bounds.context_tokens
        check_fits(self._tokenizer.at_least(text), holds, how="at least")
        tokens = tuple(await self._tokenizer.encode(text))
        check_fits(len(tokens), holds)
        return Prompt(tokens, await self._shared(messages, tools, tokens))

    async def _shared(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], prompt: tuple[int, ...]
    ) -> int:
        """Return how many tokens at the start of `prompt` are the system's, which conversations share."""
        if not self._engine.keeps_instructions or messages[0].role is not Role.SYSTEM:
            return 0
        text = self._template.render(messages[:1], tools, answer=False)
        system = await self._tokenizer.encode(text)
        # A template may write the system message otherwise where nothing follows.
        return len(system) if prompt[: len(system)] == tuple(system) else 0

    def _choose(self, sampling: Sampling, prompt_tokens: int) -> Choice:
        own = self._defaults
        room = self._bounds.context_tokens - prompt_tokens
        return Choice(
            temperature=_or(sampling.temperature, own.temperature),
            top_p=_or(sampling.top_p, own.top_p),
            top_k=self._off_if_all(_or(sampling.top_k, own.top_k)),
            repetition_penalty=_or(sampling.repetition_penalty, own.repetition_penalty),
            seed=sampling.seed,
            max_tokens=min(sampling.max_tokens or self._bounds.max_tokens, room),
        )

    def _off_if_all(self, top_k: int) -> int:
        return top_k if top_k < self._tokenizer.size else 0

    def _constrain(self, request: Request) -> Constraint | None:
        """Return what holds the answer to JSON, where the engine can."""
        if request.json_schema is not None:
            return Constraint(json_schema=json.dumps(request.json_schema))
        tools = _offered(request)
        if not tools or Capability.FORCED_TOOLS not in self.capabilities:
            return None
        forced = request.tool_choice is ToolChoice.REQUIRED
        tag = forced_tag(tools) if forced else offered_tag(tools)
        return Constraint(structural_tag=json.dumps(tag))


def doublings(most: int) -> Iterator[int]:
    """Yield 1, 2, 4 and so on below `most`, and `most`."""
    count = 1
    while count < most:
        yield count
        count *= 2
    yield most


def _offered(request: Request) -> tuple[Tool, ...]:
    """Return the tools that the answer may call."""
    if request.tool_choice is ToolChoice.NONE:
        return ()
    return tuple(t for t in request.tools if request.tool_name in ("", t.name))


def _or(given: T | None, default: T) -> T:
    return default if given is None else given
