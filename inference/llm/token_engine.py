"""What computes tokens, beneath chat templates, text and tools: CTranslate2 and vLLM."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from inference.llm.engine import Capability


@dataclass(frozen=True, slots=True)
class Prompt:
    """What to continue. Its first `shared` tokens are instructions, which other prompts may share."""

    tokens: tuple[int, ...]
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Tokens that came at once. `ended` is set in the last: the model ended, or the bound was met."""

    tokens: tuple[int, ...]
    ended: Literal["", "stop", "length"] = ""
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """How to choose each token, every default filled in; temperature 0 is greedy, top_k 0 is off."""

    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float
    seed: int | None
    max_tokens: int


# The least that an engine can be asked for: what it takes to have read a prompt.
ONE_TOKEN = Choice(0.0, 1.0, 0, 1.0, None, 1)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What the text must match: a JSON schema, or a grammar that begins with a trigger. Both as JSON text."""

    json_schema: str = ""
    structural_tag: str = ""


class TokenEngine(Protocol):
    """Continues token sequences. One instance a process, used from its event loop only."""

    name: str
    capabilities: frozenset[Capability]
    slots: int  # requests that it computes at a time
    keeps_instructions: bool  # whether it has a use for `Prompt.shared`

    def generate(
        self, prompt: Prompt, choice: Choice, constraint: Constraint | None = None
    ) -> AsyncGenerator[Step, None]:
        """Yield the continuation of `prompt`, without its end token. Closing the generator stops the work."""
        ...

    async def warm(self, prompt: Prompt) -> int:
        """Compute `prompt`, or what of it can be kept; return how many of its tokens are cached now."""
        ...

    async def close(self) -> None:
        """Stop the engine and whatever processes it has."""
        ...
