"""The `[llm]` table. Imports no engine, so that the supervisor can check it from its own environment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from antiphon.paths import default_socket
from antiphon.settings import Table, from_text

EngineName = Literal["ctranslate2", "vllm", "simulated"]

# The catalogue's names for the CPU profile; `model` overrides them.
DEFAULT_MODELS: dict[str, str] = {
    "ctranslate2": "smollm2-135m-instruct-ct2",
    "vllm": "smollm2-135m-instruct",
    "simulated": "simulated",
}
# CTranslate2 answers one caller at a time, who waits while it works: with the second of two cores the
# first clause was written after 416 ms instead of 537, the voice and the recogniser beside it. vLLM's
# threads wait for each other by spinning, and one beats two 2.4 times as soon as anything else runs.
DEFAULT_THREADS: dict[str, int] = {"ctranslate2": 2, "vllm": 1, "simulated": 1}


class VllmSettings(Table):
    """`[llm.vllm]`: what vLLM's own options are called, with values for its CPU build.

    For CUDA they are in `proto/antiphon/profiles/gpu.toml`, for a certain card in what `antiphon plan`
    writes.
    """

    # auto: that of the weights, but float32 on a CPU that cannot multiply in theirs.
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    quantization: str | None = None
    # CPU: torch.compile costs more time at the start than it ever gives back on a 135M model.
    enforce_eager: bool = True
    # The CPU build's attention kernels want blocks of 32; CUDA's default is 16.
    block_size: int = Field(32, ge=1)
    max_num_seqs: int = Field(8, ge=1)
    # What one step computes; None: vLLM's own, 2048 to 16,384 by the card. More makes a step, for which
    # everybody waits, longer, and takes more memory.
    max_num_batched_tokens: int | None = Field(None, ge=64)
    # Answers written at a time for which a CUDA graph is kept; empty: one for every 8, up to `max_num_seqs`.
    cudagraph_capture_sizes: Annotated[tuple[int, ...], BeforeValidator(from_text)] = ()
    gpu_memory_utilization: float = Field(0.2, gt=0, le=1)
    # Room for 11,648 tokens of SmolLM2-135M in bfloat16 (23,040 bytes each): eight callers of 1400; in
    # float32, four. 0: vLLM takes what is free.
    kv_cache_memory_bytes: int = Field(256 * 1024 * 1024, ge=0)
    tensor_parallel_size: int = Field(1, ge=1)

    @property
    def graph_sizes(self) -> list[int]:
        """The batches for which a CUDA graph is captured: none is larger than what is answered at a time."""
        every_8 = range(8, self.max_num_seqs, 8)
        usual = {size for size in (1, 2, 4, *every_8) if size < self.max_num_seqs}
        return sorted(self.cudagraph_capture_sizes or usual | {self.max_num_seqs})


class SimulatedSettings(Table):
    """`[llm.simulated]`: delays of the `gpu` profile, log-normal around these medians, and what to say.

    15 ms to the first token is an assumption for one stream with a warm prefix; 8 ms a token is under the
    10.3 ms that NVIDIA NIM publishes for Llama 3.1 8B at one stream, as a quantised model would be.
    """

    first_token_ms: float = Field(15.0, ge=0)
    token_ms: float = Field(8.0, ge=0)
    sigma: float = Field(0.2, ge=0, le=2)
    seed: int = 1
    # Taken in turn: the n-th user message of a conversation gets the n-th reply, then from the start again.
    replies: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(from_text)
    ] = Field(
        (
            "Certainly. I have that here for you, and it should only take a moment to look through.",
            "Thank you for waiting. The details are confirmed, and nothing else is needed from you today.",
        ),
        min_length=1,
    )


class LlmSettings(Table):
    """`[llm]`: which engine answers with which model, and within what bounds."""

    address: str = Field(default_factory=lambda: default_socket("llm"))
    engine: EngineName = "ctranslate2"
    model: str
    threads: int = Field(ge=1)
    # Where a request does not say: about a minute of speech, which nobody listens to without interrupting.
    max_tokens: int = Field(256, ge=1)
    context_tokens: int = Field(2048, ge=64)
    # Requests that wait for the engine: one of each of the gateway's 16 sessions and 8 guests. A caller who
    # would wait longer than this many replies is better told at once.
    max_waiting: int = Field(24, ge=0)
    vllm: VllmSettings = VllmSettings()
    simulated: SimulatedSettings = SimulatedSettings()

    @model_validator(mode="before")
    @classmethod
    def _of_the_engine(cls, values: Any) -> Any:
        """Fill in what the engine decides."""
        if not isinstance(values, dict):
            return values
        engine = str(values.get("engine", "ctranslate2"))
        values = {"threads": DEFAULT_THREADS.get(engine, 1), **values}
        return {**values, "model": values.get("model") or DEFAULT_MODELS.get(engine, "unknown")}
