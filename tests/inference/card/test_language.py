from __future__ import annotations

import pytest

from inference.card.card import Card
from inference.card.language import (
    GRAPHS_MIB,
    cache_mib,
    language,
    llm_need,
    sequence_mib,
    tokens_in,
)
from inference.card.part import total_mib
from inference.llm.settings import LlmSettings
from models.catalogue import Attention, load_catalogue

LLAMA = load_catalogue().entry("llama-3.1-8b-instruct-awq")
CACHE = Attention(layers=32, heads=8, head_dim=128)


def test_a_position_of_llama_3_takes_128_kib() -> None:
    assert CACHE.position_bytes() == 128 * 1024
    assert CACHE.position_bytes(1) == 64 * 1024


def test_the_cache_is_what_the_share_leaves() -> None:
    parts = total_mib(language(LLAMA))
    assert cache_mib(0.5, 20_000, LLAMA) == 10_000 - parts
    assert cache_mib(0.5, 20_000, LLAMA, graphs=False) == 10_000 - parts + GRAPHS_MIB
    assert cache_mib(0.1, 20_000, LLAMA) < 0


def test_caches_are_of_whole_blocks() -> None:
    assert tokens_in(2.0, CACHE, 16) == 16
    assert tokens_in(3.99, CACHE, 16) == 16
    assert tokens_in(1.9, CACHE, 16) == 0
    assert sequence_mib(1, CACHE, 16) == sequence_mib(16, CACHE, 16) == 2
    assert sequence_mib(17, CACHE, 16) == 4


def test_a_model_that_no_card_is_known_to_hold() -> None:
    with pytest.raises(KeyError):
        language(load_catalogue().entry("smollm2-135m-instruct"))


def need(engine: str, *, eager: bool) -> int | None:
    own = {"gpu_memory_utilization": 0.5, "enforce_eager": eager}
    settings = LlmSettings.model_validate({"engine": engine, "vllm": own})
    found = llm_need(settings, Card("NVIDIA L4", 23_034, 22_500, "580.95.05", (8, 9)))
    return None if found is None else found.mib


def test_vllm_needs_its_share_and_the_drivers_context() -> None:
    assert need("vllm", eager=False) == (23_034 - 438) // 2 + 600
    assert need("vllm", eager=True) is None
    assert need("ctranslate2", eager=False) is None
