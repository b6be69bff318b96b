"""vLLM with nothing of ours around it: `python -m ops.bench.language.bare FOLDER LIMIT OUT`.

Runs in vLLM's environment. It is asked for the same answers as our service is, in as many streams, and
writes one JSON object to the file OUT: on standard output its processes write what they like.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from antiphon.settings import load
from inference.llm import vllm_process
from inference.llm.engine import Message, Role
from inference.llm.model_folder import ModelDefaults, read_defaults
from inference.llm.prompt import load_template
from inference.llm.settings import LlmSettings
from inference.llm.token_engine import Choice
from inference.llm.tokenizer import Tokenizer
from ops.bench.language.load import (
    INSTRUCTIONS,
    MAX_TOKENS,
    STREAMS,
    Pace,
    in_streams,
    numbers,
    question,
    summary,
)


class Bare:
    """Asks an `AsyncLLM` for answers, in token ids and without a stop text, and times them."""

    def __init__(self, llm: Any, params: Any, tokenizer: Tokenizer, folder: Path) -> None:
        self._llm = llm
        self._params = params
        self._tokenizer = tokenizer
        self._template = load_template(folder, tokenizer.special_tokens)

    async def ask(self, number: int) -> Pace:
        """Time one answer; the prompt is ready before the clock starts."""
        messages = [Message(Role.SYSTEM, INSTRUCTIONS), Message(Role.USER, question(number))]
        prompt = await self._tokenizer.encode(self._template.render(messages))
        clock = asyncio.get_running_loop().time
        started = clock()
        seen: list[float] = []
        tokens = 0
        asked = {"type": "token", "prompt_token_ids": prompt}
        async for output in self._llm.generate(asked, self._params, request_id=str(number)):
            seen.append((clock() - started) * 1000)
            tokens += len(output.outputs[0].token_ids)
        return Pace(seen[0], seen[-1], tokens)

    async def measure(self, limit: int | None) -> dict[int, dict[str, float]]:
        """Return the summary of each load, by number of streams."""
        found = {}
        for streams in STREAMS:
            answered = await in_streams(streams, numbers(streams, limit), self.ask)
            found[streams] = summary(answered.answers, answered.seconds)
        return found


def greedy(defaults: ModelDefaults) -> tuple[Choice, list[int]]:
    """Return how the service chooses for the requests of this benchmark, and what ends an answer."""
    own = defaults.repetition_penalty
    choice = Choice(0.0, defaults.top_p, defaults.top_k, own, None, MAX_TOKENS)
    return choice, sorted(defaults.end_tokens)


async def run(folder: Path, limit: int | None) -> dict[int, dict[str, float]]:
    """Start vLLM with the settings of the service, measure it, stop it."""
    settings = load("llm", LlmSettings)
    vllm_process.prepare(settings.threads)
    from inference.llm import vllm_engine

    defaults = read_defaults(folder)
    context_tokens = min(settings.context_tokens, defaults.context_tokens)
    llm = vllm_engine.start(folder, context_tokens, settings)
    try:
        params = vllm_engine.sampling_params(*greedy(defaults), None)
        return await Bare(llm, params, Tokenizer(folder), folder).measure(limit)
    finally:
        llm.shutdown(vllm_engine.SHUTDOWN_S)
        del llm  # or it shuts down once more as the interpreter ends, and fails


def main(folder: str, limit: str, out: str) -> None:
    """Measure, and write the figures."""
    Path(out).write_text(json.dumps(asyncio.run(run(Path(folder), int(limit) or None))))


if __name__ == "__main__":
    main(*sys.argv[1:])
