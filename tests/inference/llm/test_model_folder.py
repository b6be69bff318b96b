from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import Misconfigured
from inference.llm.model_folder import (
    NO_LIMIT,
    REPETITION_PENALTY,
    TEMPERATURE,
    ModelDefaults,
    read_defaults,
    read_json,
)
from tests.inference.llm.small_model import write_json


def defaults(folder: Path, **files: Any) -> ModelDefaults:
    for name, content in files.items():
        write_json(folder / f"{name}.json", content)
    return read_defaults(folder)


def test_the_makers_own_way(tmp_path: Path) -> None:
    generation = {"eos_token_id": [1, 2], "temperature": 0.6, "top_p": 0.8, "top_k": 5}
    found = defaults(
        tmp_path,
        generation_config=generation | {"repetition_penalty": 1.3},
        config={"max_position_embeddings": 4096},
    )
    assert found == ModelDefaults((1, 2), 4096, 0.6, 0.8, 5, 1.3)


def test_makers_who_sample_without_a_penalty(tmp_path: Path) -> None:
    found = defaults(tmp_path, generation_config={"eos_token_id": 1, "temperature": 0.6})
    assert (found.temperature, found.repetition_penalty) == (0.6, 1.0)


def test_where_the_makers_say_nothing(tmp_path: Path) -> None:
    found = defaults(tmp_path, config={"eos_token_id": 7})
    assert found == ModelDefaults((7,), NO_LIMIT, repetition_penalty=REPETITION_PENALTY)
    assert found.temperature == TEMPERATURE


@pytest.mark.parametrize(
    ("config", "tokenizer", "context"),
    [
        ({"max_position_embeddings": 100}, {"model_max_length": 50}, 100),
        ({}, {"model_max_length": 50}, 50),
        ({}, {"model_max_length": 1e30}, NO_LIMIT),
        ({"max_position_embeddings": "many"}, {}, NO_LIMIT),
    ],
)
def test_the_longest_context(tmp_path: Path, config: Any, tokenizer: Any, context: int) -> None:
    found = defaults(tmp_path, config={"eos_token_id": 1} | config, tokenizer_config=tokenizer)
    assert found.context_tokens == context


@pytest.mark.parametrize("end", [None, [], ["a"], "a"])
def test_a_model_must_have_an_end(tmp_path: Path, end: Any) -> None:
    with pytest.raises(Misconfigured, match="eos_token_id"):
        defaults(tmp_path, generation_config={"eos_token_id": end})


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(Misconfigured, match=r"config\.json"):
        read_json(path)


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_json(tmp_path / "config.json") == {}
