from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models

from antiphon.errors import Misconfigured
from models.convert.hf_to_ct2 import COPIED, hf_to_ct2, vocabulary
from tests.models.convert.llama import TINY, Config, Float32, logits, random_weights
from tests.models.shelf import real_model, write

TOKENS = [0, 5, 7, 39, 7, 2, 11]


def hf_folder(path: Path, config: Config, weights: dict[str, Float32]) -> Path:
    write(path, dict.fromkeys(COPIED, b"{}"))
    (path / "config.json").write_text(json.dumps(config))
    save_file(weights, path / "model.safetensors")
    # One row of the embedding has no token, as happens where rows are padded to a round number.
    words = {f"<{number}>": number for number in range(config["vocab_size"] - 1)}
    Tokenizer(models.WordLevel(words, unk_token="<2>")).save(str(path / "tokenizer.json"))
    return path


def converted(tmp_path: Path, config: Config, weights: dict[str, Float32]) -> Path:
    target = write(tmp_path / "ct2", {})
    hf_to_ct2(hf_folder(tmp_path / "hf", config, weights), target)
    return target


def ct2_logits(folder: Path, tokens: list[int]) -> Float32:
    """Return the logits computed in float32 from the int8 weights, so that only their rounding counts."""
    model = ctranslate2.Generator(str(folder), compute_type="float32", intra_threads=1)
    return np.asarray(np.array(model.forward_batch([tokens]))[0], np.float32)


def rounded(weights: dict[str, Float32]) -> dict[str, Float32]:
    """Return what int8 with one scale a row makes of the matrices."""
    return {name: _rounded(w) if w.ndim == 2 else w for name, w in weights.items()}


def _rounded(matrix: Float32) -> Float32:
    scale = 127 / np.abs(matrix).max(axis=1, keepdims=True)
    return np.asarray(np.rint(matrix * scale) / scale, np.float32)


@pytest.mark.parametrize("change", [{}, {"tie_word_embeddings": False}, {"num_key_value_heads": 4}])
def test_logits_are_those_of_the_rounded_weights(tmp_path: Path, change: dict[str, Any]) -> None:
    config = {**TINY, **change}
    weights = random_weights(config)
    found = ct2_logits(converted(tmp_path, config, weights), TOKENS)
    np.testing.assert_allclose(found, logits(config, rounded(weights), TOKENS), atol=1e-4)
    # The tolerance would notice a layer that is missing or in the wrong place.
    unrounded = logits(config, weights, TOKENS)
    assert np.abs(found - unrounded).max() > 1e-3


def test_the_engine_finds_all_that_it_needs_in_the_folder(tmp_path: Path) -> None:
    target = converted(tmp_path, TINY, random_weights(TINY))
    assert {path.name for path in target.iterdir()} == {
        *COPIED,
        "config.json",
        "model.bin",
        "vocabulary.json",
    }
    config = json.loads((target / "config.json").read_text())
    assert (config["bos_token"], config["eos_token"]) == ("<0>", "<1>")
    assert config["layer_norm_epsilon"] == TINY["rms_norm_eps"]


def test_rows_without_a_token_have_a_name_all_the_same(tmp_path: Path) -> None:
    folder = hf_folder(tmp_path, TINY, random_weights(TINY))
    found = vocabulary(Tokenizer.from_file(str(folder / "tokenizer.json")), TINY["vocab_size"])
    assert found[:2] == ["<0>", "<1>"]
    assert found[-1] == "<extra_id_39>"
    assert len(found) == TINY["vocab_size"]


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "mistral"},
        {"hidden_act": "gelu"},
        {"attention_bias": True},
        {"mlp_bias": True},
        {"rope_parameters": {"rope_type": "llama3"}},
        {"rope_scaling": {"rope_type": "yarn"}},
    ],
)
def test_what_would_be_converted_wrongly_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    source = hf_folder(tmp_path / "hf", {**TINY, **change}, random_weights(TINY))
    with pytest.raises(Misconfigured, match="this conversion knows"):
        hf_to_ct2(source, write(tmp_path / "ct2", {}))


@pytest.mark.model
def test_the_real_model_computes_what_its_weights_say(tmp_path: Path) -> None:
    source = real_model("smollm2-135m-instruct")
    config = json.loads((source / "config.json").read_text())
    stored = load_file(source / "model.safetensors")
    weights = {name: value.astype(np.float32) for name, value in stored.items()}
    tokens = [1, 1780, 314, 260, 3575, 282, 4649, 47]
    found = ct2_logits(real_model("smollm2-135m-instruct-ct2"), tokens)
    np.testing.assert_allclose(found, logits(config, rounded(weights), tokens), atol=2e-3)
