"""Tokens from vLLM: batches requests, keeps prefixes, holds answers to a grammar. Its sole importer.

The same code runs on the CPU build (development and CI) and on the CUDA build.
`vllm_process.prepare` must have set the environment before this module is imported.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from itertools import count
from pathlib import Path

import torch
from vllm import SamplingParams
from vllm.config import StructuredOutputsConfig
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.exceptions import VLLMClientError
from vllm.inputs.engine import tokens_input
from vllm.outputs import RequestOutput
from vllm.platforms import current_platform
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from antiphon.diligence import UNKEPT, Diligence
from antiphon.errors import InvalidInput, Misconfigured, Unavailable
from inference.llm.engine import Capability
from inference.llm.settings import LlmSettings
from inference.llm.token_engine import ONE_TOKEN, Choice, Constraint, Prompt, Step

# Its core lets go of memory within 1 s and then takes 2 s to end; after this it is killed. It holds
# nothing to lose.
SHUTDOWN_S = 1.5
# How often the core is asked for a sign of life, for which it has microseconds between two steps.
ASK_S = 1.0


class VllmEngine:
    """A `TokenEngine` over one `AsyncLLM`, whose core runs in a process of its own."""

    name = "vllm"
    keeps_instructions = False  # it finds what prompts share by itself
    capabilities = frozenset(
        {Capability.PREFIX_CACHE, Capability.FORCED_TOOLS, Capability.JSON_SCHEMA, Capability.SEED}
    )

    def __init__(
        self,
        folder: Path,
        end_tokens: Sequence[int],
        context_tokens: int,
        settings: LlmSettings,
        on_death: Callable[[], None],
        diligence: Diligence = UNKEPT,
    ) -> None:
        """Start the core, which takes seconds to minutes and blocks; call it inside the event loop.

        `on_death` is called once if the core dies by itself: it cannot be started again in this process.
        """
        self.slots = settings.vllm.max_num_seqs
        self._block = settings.vllm.block_size
        self._end_tokens = frozenset(end_tokens)
        self._ids = count()
        try:
            self._llm = start(folder, context_tokens, settings)
        except (RuntimeError, ValueError, OSError) as error:
            raise Misconfigured(f"vLLM cannot start with the model in {folder}: {error}") from None
        self._watch = asyncio.create_task(self._wait_for_death(on_death), name="vllm-watch")
        self._asking = asyncio.create_task(self._ask(diligence), name="vllm-ask")

    async def generate(
        self, prompt: Prompt, choice: Choice, constraint: Constraint | None = None
    ) -> AsyncGenerator[Step, None]:
        """See `TokenEngine`. Closing it aborts the request in the core."""
        outputs = self._llm.generate(
            tokens_input(list(prompt.tokens)),
            sampling_params(choice, sorted(self._end_tokens), constraint),
            request_id=str(next(self._ids)),
        )
        try:
            async with aclosing(outputs):
                async for output in outputs:
                    yield self._step(output)
        except VLLMClientError:
            # Its text may quote the schema, which is the caller's.
            raise InvalidInput(
                "vLLM cannot hold an answer to this JSON schema: it is no valid schema, or uses "
                "what xgrammar lacks",
                reason="SCHEMA_UNUSABLE",
            ) from None
        except (EngineDeadError, EngineGenerateError):
            raise Unavailable(
                "the vLLM engine stopped while it worked; it is being restarted"
            ) from None

    async def warm(self, prompt: Prompt) -> int:
        """See `TokenEngine`: whole blocks are kept, until others need their place."""
        async with aclosing(self.generate(prompt, ONE_TOKEN)) as steps:
            async for _ in steps:
                pass
        return len(prompt.tokens) // self._block * self._block

    async def close(self) -> None:
        """See `TokenEngine`."""
        self._watch.cancel()
        self._asking.cancel()
        # Its reader would report the end of the core as a failure, and its manager that it had to kill it.
        self._llm.output_handler.cancel()
        logging.getLogger("vllm").setLevel(logging.ERROR)
        await asyncio.to_thread(self._llm.shutdown, SHUTDOWN_S)
        del (
            self._llm
        )  # it shuts down once more when it is collected, which fails as the interpreter ends

    def _step(self, output: RequestOutput) -> Step:
        completion = output.outputs[0]
        tokens = tuple(t for t in completion.token_ids if t not in self._end_tokens)
        cached = output.num_cached_tokens or 0
        if not output.finished:
            return Step(tokens, "", cached)
        return Step(tokens, "length" if completion.finish_reason == "length" else "stop", cached)

    async def _wait_for_death(self, on_death: Callable[[], None]) -> None:
        # vLLM's own reader of the core's output ends only with the core.
        await asyncio.wait([self._llm.output_handler])
        on_death()

    async def _ask(self, diligence: Diligence) -> None:
        """Ask the core over and over; it answers between two steps, and where one hangs not at all.

        Not by its callers' requests: they give up long before, and one may wait while others are computed.
        """
        with suppress(EngineDeadError):  # `_wait_for_death` tells
            while True:
                with diligence.piece():
                    await self._llm.is_sleeping()
                await asyncio.sleep(ASK_S)


def start(folder: Path, context_tokens: int, settings: LlmSettings) -> AsyncLLM:
    """Return vLLM itself, running, with our settings and nothing of ours around it."""
    return AsyncLLM.from_engine_args(engine_args(folder, context_tokens, settings))


def engine_args(folder: Path, context_tokens: int, settings: LlmSettings) -> AsyncEngineArgs:
    """Return vLLM's options for our settings."""
    own = settings.vllm
    return AsyncEngineArgs(
        model=str(folder),
        max_model_len=context_tokens,
        dtype=_dtype(own.dtype),
        quantization=own.quantization,
        enforce_eager=own.enforce_eager,
        block_size=own.block_size,
        max_num_seqs=own.max_num_seqs,
        max_num_batched_tokens=own.max_num_batched_tokens,
        cudagraph_capture_sizes=None if own.enforce_eager else own.graph_sizes,
        gpu_memory_utilization=own.gpu_memory_utilization,
        kv_cache_memory_bytes=own.kv_cache_memory_bytes or None,
        tensor_parallel_size=own.tensor_parallel_size,
        enable_prefix_caching=True,
        # Fixed, since one engine cannot change its backend between requests. Without whitespace, in
        # which a small model can otherwise go on for ever between two fields.
        structured_outputs_config=StructuredOutputsConfig(
            backend="xgrammar", disable_any_whitespace=True
        ),
        # Our own defaults are read from the model's folder, so that all engines share them.
        generation_config="vllm",
        enable_log_requests=False,
        disable_log_stats=True,
    )


def _dtype(setting: str) -> str:
    """Return the type to compute in: "auto", that of the weights, unless this CPU would crawl in it.

    Without AVX-512 oneDNN has no product of bfloat16 matrices, and torch's own takes its place: 215 tokens
    were read in 5300 ms, in float32 in 800.
    """
    slow = current_platform.is_cpu() and not torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "float32" if setting == "auto" and slow else setting


def sampling_params(
    choice: Choice, end_tokens: Sequence[int], constraint: Constraint | None
) -> SamplingParams:
    """Return vLLM's parameters for one request: token ids out, as they come."""
    return SamplingParams(
        temperature=choice.temperature,
        top_p=choice.top_p,
        top_k=choice.top_k,
        repetition_penalty=choice.repetition_penalty,
        seed=choice.seed,
        max_tokens=choice.max_tokens,
        stop_token_ids=list(end_tokens),
        detokenize=False,
        output_kind=RequestOutputKind.DELTA,
        structured_outputs=_structured(constraint),
    )


def _structured(constraint: Constraint | None) -> StructuredOutputsParams | None:
    if constraint is None:
        return None
    if constraint.json_schema:
        return StructuredOutputsParams(json=constraint.json_schema)
    return StructuredOutputsParams(structural_tag=constraint.structural_tag)
