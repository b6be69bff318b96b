"""Tokens from CTranslate2, which starts in a second and computes one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

import ctranslate2

from antiphon.diligence import UNKEPT, Diligence
from antiphon.errors import Misconfigured
from inference.llm.engine import Capability
from inference.llm.prefixes import Prefixes
from inference.llm.token_engine import ONE_TOKEN, Choice, Constraint, Prompt, Step
from inference.llm.tokenizer import Tokenizer

# int8 weights, float32 elsewhere: what a CPU without bfloat16 units computes fastest.
COMPUTE_TYPE = "int8_float32"
# CTranslate2 keeps the state after a "static prompt" for as long as the model is loaded: 146 KB a
# token of SmolLM2-135M were measured, so this is 220 MB at most. Instructions of 174 tokens kept:
# first token in 54 ms, not 125.
MAX_KEPT_TOKENS = 1500
# Below is greedy: CTranslate2 divides by it in float32, and at 1e-38 wrote nothing but token 0. A token that
# is 1 % likelier than any other is drawn all but always here.
MIN_TEMPERATURE = 1e-5
# In float32 1e-50 is 0, which CTranslate2 refuses. The likeliest token is always left, alone at this.
MIN_TOP_P = 1e-6


class Ct2Engine:
    """A `TokenEngine` over one CTranslate2 generator."""

    name = "ctranslate2"
    capabilities = frozenset({Capability.PREFIX_CACHE})
    slots = 1
    keeps_instructions = True

    def __init__(
        self,
        folder: Path,
        tokenizer: Tokenizer,
        end_tokens: Sequence[int],
        threads: int,
        diligence: Diligence = UNKEPT,
    ) -> None:
        try:
            self._generator = ctranslate2.Generator(
                str(folder),
                compute_type=COMPUTE_TYPE,
                inter_threads=self.slots,
                intra_threads=threads,
            )
        except (RuntimeError, ValueError) as error:
            raise Misconfigured(f"CTranslate2 cannot load the model in {folder}: {error}") from None
        self._tokenizer = tokenizer
        self._end_tokens = list(end_tokens)
        self._diligence = diligence
        self._prefixes = Prefixes(MAX_KEPT_TOKENS)
        self._executor = ThreadPoolExecutor(self.slots, thread_name_prefix="ct2")

    async def generate(
        self, prompt: Prompt, choice: Choice, constraint: Constraint | None = None
    ) -> AsyncGenerator[Step, None]:
        """See `TokenEngine`. Closing it takes one token's time, or until the prompt was read."""
        instructions = prompt.tokens[: prompt.shared]
        cached = prompt.shared if self._prefixes.kept(instructions) else 0
        kept = prompt.shared if self._prefixes.keep(instructions) else 0
        relay = _Relay(choice.max_tokens, self._end_tokens, cached)
        work = asyncio.get_running_loop().run_in_executor(
            self._executor, self._work, prompt, kept, choice, relay
        )
        work.add_done_callback(lambda _: relay.steps.put_nowait(None))
        try:
            while (step := await self._next(relay)) is not None:
                yield step
            work.result()
        finally:
            relay.closed = True
            with self._diligence.piece():
                await asyncio.wait([work])

    async def _next(self, relay: _Relay) -> Step | None:
        with self._diligence.piece():
            return await relay.steps.get()

    async def warm(self, prompt: Prompt) -> int:
        """See `TokenEngine`: instructions only, since a conversation that grows cannot be kept."""
        instructions = prompt.tokens[: prompt.shared]
        if self._prefixes.kept(instructions):
            return prompt.shared
        if not self._prefixes.keep(instructions, wanted=True):
            return 0
        short = Prompt((*instructions, self._end_tokens[0]), prompt.shared)
        async with aclosing(self.generate(short, ONE_TOKEN)) as steps:
            async for _ in steps:
                pass
        return prompt.shared

    async def close(self) -> None:
        """See `TokenEngine`."""
        self._executor.shutdown()
        # Destroyed now: a thread of it that outlived the interpreter would abort the process.
        del self._generator

    def _work(self, prompt: Prompt, kept: int, choice: Choice, relay: _Relay) -> None:
        greedy = choice.temperature < MIN_TEMPERATURE
        names = self._tokenizer.names(prompt.tokens)
        self._generator.generate_batch(
            [names[kept:]],
            static_prompt=names[:kept] or None,
            max_length=choice.max_tokens,
            sampling_temperature=1.0 if greedy else choice.temperature,
            sampling_topk=1 if greedy else choice.top_k,
            sampling_topp=1.0 if greedy else max(choice.top_p, MIN_TOP_P),
            repetition_penalty=choice.repetition_penalty,
            end_token=self._end_tokens,
            include_prompt_in_result=False,
            callback=relay,
        )


class _Relay:
    """Takes tokens in CTranslate2's thread and gives steps to the event loop's.

    It knows nothing of the engine: CTranslate2's thread may be the last to hold it, and would then
    destroy the generator, that is, wait for itself and abort the process.
    """

    def __init__(self, max_tokens: int, end_tokens: Sequence[int], cached: int) -> None:
        # All tokens and the None at the end fit, so that putting never fails.
        self.steps: asyncio.Queue[Step | None] = asyncio.Queue(max_tokens + 1)
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._max_tokens = max_tokens
        self._end_tokens = end_tokens
        self._cached = cached

    def __call__(self, result: ctranslate2.GenerationStepResult) -> bool:
        """Pass one token on; return whether to stop."""
        self._loop.call_soon_threadsafe(self.steps.put_nowait, self._step(result))
        return self.closed

    def _step(self, result: ctranslate2.GenerationStepResult) -> Step:
        if result.token_id in self._end_tokens:
            return Step((), "stop", self._cached)
        last = result.step + 1 >= self._max_tokens
        return Step((result.token_id,), "length" if last else "", self._cached)
