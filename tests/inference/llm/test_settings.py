from __future__ import annotations

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.llm.settings import DEFAULT_MODELS, LlmSettings, VllmSettings


def settings(**environ: str) -> LlmSettings:
    return load("llm", LlmSettings, {f"ANTIPHON_LLM__{k.upper()}": v for k, v in environ.items()})


def test_by_default_a_small_model_on_ctranslate2() -> None:
    assert (settings().engine, settings().model) == ("ctranslate2", "smollm2-135m-instruct-ct2")
    assert settings().address.endswith("llm.sock")


@pytest.mark.parametrize("engine", DEFAULT_MODELS)
def test_the_engine_brings_its_model(engine: str) -> None:
    assert settings(engine=engine).model == DEFAULT_MODELS[engine]


@pytest.mark.parametrize(("engine", "threads"), [("ctranslate2", 2), ("vllm", 1)])
def test_the_engine_brings_its_threads(engine: str, threads: int) -> None:
    assert settings(engine=engine).threads == threads
    assert settings(engine=engine, threads="3").threads == 3


def test_the_model_can_be_named() -> None:
    assert settings(engine="vllm", model="llama-3.1-8b-instruct").model == "llama-3.1-8b-instruct"


def test_nested_tables_are_set_from_the_environment() -> None:
    assert settings(vllm__enforce_eager="false").vllm.enforce_eager is False
    assert settings(simulated__token_ms="3").simulated.token_ms == 3


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("engine", "gpt", "ctranslate2"),
        ("threads", "0", "greater"),
        ("context_tokens", "1", "64"),
        ("vllm__dtype", "int3", "bfloat16"),
        ("simulated__replies", "[]", "llm.simulated.replies"),
        ("colour", "red", "colour"),
    ],
)
def test_a_bad_value_is_told_by_name(name: str, value: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        settings(**{name: value})


@pytest.mark.parametrize(
    ("most", "given", "sizes"),
    [
        (24, (), [1, 2, 4, 8, 16, 24]),
        (20, (), [1, 2, 4, 8, 16, 20]),
        (3, (), [1, 2, 3]),
        (1, (), [1]),
        (24, (8, 1), [1, 8]),
    ],
)
def test_graphs_are_kept_of_no_more_than_is_answered_at_a_time(
    most: int, given: tuple[int, ...], sizes: list[int]
) -> None:
    own = VllmSettings(max_num_seqs=most, cudagraph_capture_sizes=given)
    assert own.graph_sizes == sizes
