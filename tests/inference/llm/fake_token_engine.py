"""A `TokenEngine` that says what it is told to, one token a step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from inference.llm.engine import Capability
from inference.llm.token_engine import Choice, Constraint, Prompt, Step

ALL = frozenset(Capability) - {Capability.TOOLS}


@dataclass
class FakeTokenEngine:
    """Records what it was asked; `hold` makes it wait before its first token.

    With `goes_on` it says the rest of `says` to a prompt that ends with its beginning, as models do.
    """

    says: list[int]
    capabilities: frozenset[Capability] = ALL
    slots: int = 1
    keeps_instructions: bool = True
    name: str = "fake"
    hold: asyncio.Event | None = None
    goes_on: bool = False
    asked: list[tuple[Prompt, Choice, Constraint | None]] = field(default_factory=list)
    warmed: list[Prompt] = field(default_factory=list)
    stopped_after: int = 0
    closed: bool = False

    async def generate(
        self, prompt: Prompt, choice: Choice, constraint: Constraint | None = None
    ) -> AsyncGenerator[Step, None]:
        self.asked.append((prompt, choice, constraint))
        if self.hold:
            await self.hold.wait()
        self.stopped_after = 0
        says = self.says[self._said(prompt) :]
        for token in says[: choice.max_tokens]:
            self.stopped_after += 1
            yield Step((token,), cached_tokens=3)
        cut = len(says) > choice.max_tokens
        yield Step((), "length" if cut else "stop", 3)

    def _said(self, prompt: Prompt) -> int:
        lengths = range(len(self.says), 0, -1) if self.goes_on else ()
        return next((n for n in lengths if list(prompt.tokens[-n:]) == self.says[:n]), 0)

    async def warm(self, prompt: Prompt) -> int:
        self.warmed.append(prompt)
        return len(prompt.tokens)

    async def close(self) -> None:
        self.closed = True
