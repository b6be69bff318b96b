"""Answers without a model, at a model's pace: for load tests, client developers, projected latencies."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncGenerator, Iterator
from itertools import count

from inference.llm.capabilities import check
from inference.llm.context import check_fits
from inference.llm.engine import (
    Capability,
    Event,
    Finish,
    Message,
    Request,
    Tool,
    Usage,
)
from inference.llm.gate import Gate
from inference.llm.settings import LlmSettings, SimulatedSettings
from inference.llm.simulated_script import script
from inference.llm.stopwatch import Stopwatch

# English is about four characters a token in the tokenizers of Llama and its like.
CHARS_PER_TOKEN = 4
# As many at a time as a GPU host serves from one engine.
SLOTS = 256


class SimulatedEngine:
    """An `Engine` that draws its delays from `[llm.simulated]`."""

    name = "simulated"
    simulated = True
    capabilities = frozenset(
        {Capability.TOOLS, Capability.FORCED_TOOLS, Capability.JSON_SCHEMA, Capability.SEED}
    )

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self.gate = Gate(SLOTS, settings.max_waiting)
        self._requests = count()

    async def generate(self, request: Request) -> AsyncGenerator[Event, None]:
        """See `Engine`."""
        check(request, self.capabilities, self.name)
        prompt_tokens = self._prompt_tokens(request.messages)
        delays = _delays(self._settings.simulated, next(self._requests))
        answer = script(request, self._settings)
        watch = Stopwatch()
        async with self.gate.enter(guest=request.guest):
            watch.hand_over()
            # Against moments and not from one to the next, or each late timer would make all later.
            clock = asyncio.get_running_loop().time
            due_s = clock()
            for delay_s, events in zip(delays, answer.steps, strict=False):
                due_s += delay_s
                await asyncio.sleep(due_s - clock())
                watch.output()
                for event in events:
                    yield event
        usage = Usage(prompt_tokens, 0, len(answer.steps))
        yield Finish(answer.reason, usage, watch.timing())

    async def warm(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], *, guest: bool = False
    ) -> int:
        """See `Engine`; it has no cache."""
        return 0

    async def close(self) -> None:
        """See `Engine`; it holds nothing."""

    def _prompt_tokens(self, messages: tuple[Message, ...]) -> int:
        chars = sum(len(message.content) for message in messages)
        tokens = math.ceil(chars / CHARS_PER_TOKEN) + len(messages)
        check_fits(tokens, self._settings.context_tokens, how="about")
        return tokens


def _delays(settings: SimulatedSettings, number: int) -> Iterator[float]:
    """Yield seconds before each token, the same ones in every run."""
    draw = random.Random(f"{settings.seed}:{number}")
    for median_ms in _medians(settings):
        yield median_ms / 1000 * draw.lognormvariate(0, settings.sigma)


def _medians(settings: SimulatedSettings) -> Iterator[float]:
    yield settings.first_token_ms
    while True:
        yield settings.token_ms
