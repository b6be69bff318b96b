"""The plan's arithmetic against memory that others published, each figure with where it stands.

Of vLLM: what it logs at its start with Llama 3 or 3.1 8B in 16 bits, at a share of 0.9, alone on its card.
Those versions took the CUDA graphs from beside the share, so that they are left out here.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from inference.card.language import GRAPHS_MIB, cache_mib, sequence_mib, tokens_in
from inference.card.part import PROCESS_MIB, total_mib
from inference.card.recognition import piece_mib, recognition
from models.catalogue import Attention, Entry, load_catalogue
from ops.plan.cards import Known, card_named, known_cards
from ops.plan.request import Request

CATALOGUE = load_catalogue()
GIB = 1024
MB_PER_MIB = 1.048576


def attention(name: str) -> Attention:
    found = CATALOGUE.entry(name).attention
    assert found is not None
    return found


LLAMA: Entry = CATALOGUE.entry("llama-3.1-8b-instruct")
TURBO: Entry = CATALOGUE.entry("whisper-large-v3-turbo")
LLAMA_CACHE = attention("llama-3.1-8b-instruct")


@dataclass(frozen=True, slots=True)
class Log:
    """A start of vLLM: what CUDA offered, and what was left for the cache."""

    card: str
    offered_gib: float
    cache_gib: float
    source: str
    # Until https://github.com/vllm-project/vllm/pull/12126 the driver's context was counted as vLLM's own.
    context: bool = False


LOGS = (
    Log("H100", 79.22, 53.29, "github.com/vllm-project/vllm/pull/10511, 2024-12-14", context=True),
    Log("A100-80GB", 79.15, 54.93, "total_gpu_memory 79.15GiB, vLLM 0.8.5, # GPU blocks: 28123"),
    # 24 GB, as the L4 has it.
    Log(
        "L4",
        22.07,
        4.60,
        "an A10: github.com/oracle-samples/oci-data-science-ai-samples, ai-quick-actions/"
        "troubleshooting-tips.md",
    ),
    Log("A100-40GB", 39.50, 19.25, "vLLM 0.10.1.1, Available KV cache memory: 19.25 GiB"),
)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.card)
def test_what_vllm_has_left_for_its_cache(log: Log) -> None:
    card = card_named(log.card)
    assert card.usable_mib / GIB == pytest.approx(log.offered_gib, rel=0.005)
    planned = cache_mib(0.9, log.offered_gib * GIB, LLAMA, graphs=False)
    planned_gib = (planned - (PROCESS_MIB if log.context else 0)) / GIB
    # Less is safe, and costs sessions.
    assert log.cache_gib - 1.5 <= planned_gib <= log.cache_gib + 0.015 * log.offered_gib


@pytest.mark.parametrize(
    ("cache_gib", "tokens"),
    [
        (11.12, 5691 * 16),  # A100 of 40 GB: github.com/vllm-project/vllm/issues/12330
        (4.60, 2356 * 16),  # A10: the same page of oracle-samples
        (54.93, 28123 * 16),  # A100 of 80 GB: the same log
        (19.25, 157_648),  # A100 of 40 GB: the same log
    ],
)
def test_how_many_tokens_a_cache_holds(cache_gib: float, tokens: int) -> None:
    assert tokens_in(cache_gib * GIB, LLAMA_CACHE, 16) == pytest.approx(tokens, rel=0.002)


@pytest.mark.parametrize(("tokens", "gib"), [(1024, 0.125), (16_000, 1.95), (128_000, 15.62)])
def test_what_a_context_takes(tokens: int, gib: float) -> None:
    # Hugging Face, https://huggingface.co/blog/llama31, inference memory requirements, 8B.
    assert sequence_mib(tokens, LLAMA_CACHE, 16) / GIB == pytest.approx(gib, rel=0.005)


def test_what_llama_takes_alone() -> None:
    # vLLM: "Model loading took 14.9889 GiB"; NVIDIA NIM's support matrix: 15.04 GB on disk for a
    # H100, L40S, A100 and A10G, one card each (docs.nvidia.com/nim/large-language-models/latest).
    assert LLAMA.memory_mib["gpu"] / GIB == pytest.approx(14.9889, rel=0.005)
    assert CATALOGUE.entry("llama-3.1-8b-instruct-awq").memory_mib["gpu"] == pytest.approx(
        (4.68e9 + 1.05e9) / 2**20, rel=0.01
    )  # the hub's list of hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4


def test_what_the_cuda_graphs_take() -> None:
    # "Graph capturing finished in 3 secs, took 0.52 GiB", vLLM 0.10.1.1, 67 sizes.
    assert pytest.approx(0.52, rel=0.02) == GRAPHS_MIB / GIB


def test_what_one_stream_of_turbo_takes() -> None:
    # 2537 MB at most on a 2080 Ti, beam 5: github.com/SYSTRAN/faster-whisper/issues/1030.
    one = (
        PROCESS_MIB + TURBO.memory_mib["gpu"] + piece_mib(attention(TURBO.name), 30)
    ) * MB_PER_MIB
    assert one == pytest.approx(2537, rel=0.05)


def test_what_a_batch_of_turbo_takes() -> None:
    # 19 GB with 80 windows at a time: github.com/SYSTRAN/faster-whisper/issues/1257.
    windows = 80 * piece_mib(attention(TURBO.name), 30)
    took = (PROCESS_MIB + TURBO.memory_mib["gpu"] + windows) / GIB
    assert 19 * 0.95 <= took <= 19 * 1.15


def test_the_plan_counts_recognition_no_lower() -> None:
    alone = total_mib(recognition(Request().asr(1, 30.0), TURBO))
    assert alone * MB_PER_MIB >= 2537


@pytest.mark.parametrize("card", known_cards().values(), ids=lambda card: card.name)
def test_a_card_says_where_its_figures_are_from(card: Known) -> None:
    assert f"{card.memory_mib}MiB" in card.source
    assert card.cuda_gib is not None and f"{card.cuda_gib}" in card.source
    assert 0.975 < card.cuda_gib * GIB / card.memory_mib < 1
