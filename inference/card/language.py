"""What vLLM takes of a card, as `[llm.vllm]` has it. Pure.

vLLM 0.32 is given a share of what CUDA says the card has. Out of it come weights, what a step computes
with, the CUDA graphs and the cache; the driver's context comes beside it. What it logs when it starts is
where the figures are from: https://github.com/vllm-project/vllm/pull/10511 and 12126, and the logs that
`tests/ops/plan/test_published.py` holds the arithmetic to.
"""

from __future__ import annotations

import math

from inference.card.card import Card, Need
from inference.card.part import PROCESS_MIB, Part, total_mib
from inference.llm.settings import LlmSettings
from models.catalogue import Attention, Entry

# vLLM 0.32 is built with CUDA 13; bfloat16 and its kernels for 4 bits want Ampere and later.
CUDA, CAPABILITY = 13, (8, 0)
MIB = 2**20
# Logits of 256 answers in float32, some times over, most of all: 1.19 to 1.26 GiB were logged with Llama 3
# 8B, for steps of 512 to 8192 tokens.
STEP_MIB = 1290
# Logged as 0.05 to 0.16 GiB.
LIBRARIES_MIB = 160
# 67 sizes up to 512 took 0.52 GiB; ours are no more, and end at `max_num_seqs`.
GRAPHS_MIB = 540
# Of NVML's total CUDA, whose total the share is of, does not see so much at the least
# (`ops/plan/cards.toml`).
UNSEEN_MIB = 438
# The rotary tables of Llama 3.1: 131,072 positions of 128 values.
ROTARY_MIB = 32
CONTEXT = Part("driver and libraries", PROCESS_MIB)


def llm_need(settings: LlmSettings, card: Card) -> Need | None:
    """Return what vLLM needs on `card`, of which it takes a share; None where it takes none.

    Its build for CPUs, of which the same settings are read, is told by its eager execution.
    """
    if settings.engine != "vllm" or settings.vllm.enforce_eager:
        return None
    share_mib = int(settings.vllm.gpu_memory_utilization * (card.memory_mib - UNSEEN_MIB))
    return Need("llm", share_mib + CONTEXT.mib, CUDA, CAPABILITY)


def language(entry: Entry, *, graphs: bool = True) -> tuple[Part, ...]:
    """Return what comes out of vLLM's share before its cache; raise `KeyError` where it is not known."""
    parts = (
        Part(f"weights of {entry.name}", entry.memory_mib["gpu"] + ROTARY_MIB),
        Part("computing a step", STEP_MIB),
        Part("libraries", LIBRARIES_MIB),
    )
    return (*parts, Part("CUDA graphs", GRAPHS_MIB)) if graphs else parts


def cache_mib(share: float, usable_mib: float, entry: Entry, *, graphs: bool = True) -> int:
    """Return what a share of the card leaves for the cache; less than 0 where it is too small."""
    return math.floor(share * usable_mib) - total_mib(language(entry, graphs=graphs))


def tokens_in(cache_mib: float, attention: Attention, block: int) -> int:
    """Return how many tokens a cache holds, in whole blocks."""
    return int(cache_mib * MIB // (attention.position_bytes() * block)) * block


def sequence_mib(tokens: int, attention: Attention, block: int) -> float:
    """Return what one sequence of `tokens` takes, in whole blocks."""
    return math.ceil(tokens / block) * block * attention.position_bytes() / MIB
