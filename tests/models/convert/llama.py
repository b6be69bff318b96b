"""Llama's forward pass in numpy, to compare what was converted with what it was converted from.

After Touvron et al. 2023 (LLaMA), Su et al. 2021 (rotary embedding, in Hugging Face's order of halves),
Ainslie et al. 2023 (grouped-query attention), Zhang and Sennrich 2019 (RMS norm), Shazeer 2020 (SwiGLU).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Config = Mapping[str, Any]
Weights = Mapping[str, Float32]

TINY: Config = {
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10_000.0,
    "vocab_size": 40,
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor."""
    width, inner, size = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    heads, heads_kv = config["num_attention_heads"], config["num_key_value_heads"]
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config["vocab_size"], width)}
    for layer in range(config["num_hidden_layers"]):
        inside: dict[str, tuple[int, ...]] = {
            "input_layernorm": (width,),
            "self_attn.q_proj": (heads * size, width),
            "self_attn.k_proj": (heads_kv * size, width),
            "self_attn.v_proj": (heads_kv * size, width),
            "self_attn.o_proj": (width, heads * size),
            "post_attention_layernorm": (width,),
            "mlp.gate_proj": (inner, width),
            "mlp.up_proj": (inner, width),
            "mlp.down_proj": (width, inner),
        }
        found |= {f"model.layers.{layer}.{part}.weight": shape for part, shape in inside.items()}
    found["model.norm.weight"] = (width,)
    if not config["tie_word_embeddings"]:
        found["lm_head.weight"] = (config["vocab_size"], width)
    return found


def random_weights(config: Config, seed: int = 0) -> dict[str, Float32]:
    """Return weights of a plausible size."""
    random = np.random.default_rng(seed)
    return {
        name: (random.normal(size=shape) / np.sqrt(shape[-1]) + (len(shape) == 1)).astype(
            np.float32
        )
        for name, shape in shapes(config).items()
    }


def logits(config: Config, weights: Weights, tokens: Sequence[int]) -> Float32:
    """Return the logits after each token, `(tokens, vocabulary)`."""
    epsilon = config["rms_norm_eps"]
    states = weights["model.embed_tokens.weight"][list(tokens)]
    for layer in range(config["num_hidden_layers"]):
        inside = _Layer(config, weights, f"model.layers.{layer}.")
        states = states + inside.attention(_norm(states, inside["input_layernorm"], epsilon))
        states = states + inside.feed(_norm(states, inside["post_attention_layernorm"], epsilon))
    states = _norm(states, weights["model.norm.weight"], epsilon)
    head = "model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"
    return np.asarray(states @ weights[head].T, np.float32)


class _Layer:
    def __init__(self, config: Config, weights: Weights, prefix: str) -> None:
        self._config = config
        self._weights = weights
        self._prefix = prefix

    def __getitem__(self, part: str) -> Float32:
        return self._weights[f"{self._prefix}{part}.weight"]

    def attention(self, states: Float32) -> Float32:
        heads, heads_kv = self._config["num_attention_heads"], self._config["num_key_value_heads"]
        query = self._turn(self._split(states, "q", heads))
        key = np.repeat(self._turn(self._split(states, "k", heads_kv)), heads // heads_kv, axis=0)
        value = np.repeat(self._split(states, "v", heads_kv), heads // heads_kv, axis=0)
        scores = query @ key.swapaxes(1, 2) / np.sqrt(np.float32(query.shape[-1]))
        scores += np.triu(np.full(scores.shape[1:], -np.inf, np.float32), 1)
        mixed = (_softmax(scores) @ value).swapaxes(0, 1).reshape(len(states), -1)
        return np.asarray(mixed @ self["self_attn.o_proj"].T, np.float32)

    def feed(self, states: Float32) -> Float32:
        gate = states @ self["mlp.gate_proj"].T
        inner = gate / (1 + np.exp(-gate)) * (states @ self["mlp.up_proj"].T)
        return np.asarray(inner @ self["mlp.down_proj"].T, np.float32)

    def _split(self, states: Float32, part: str, heads: int) -> Float32:
        flat = states @ self[f"self_attn.{part}_proj"].T
        return flat.reshape(len(states), heads, -1).swapaxes(0, 1)

    def _turn(self, vectors: Float32) -> Float32:
        count, size = vectors.shape[1:]
        speeds = self._config["rope_theta"] ** (-np.arange(0, size, 2) / size)
        angles = np.outer(np.arange(count), speeds).astype(np.float32)
        cosine, sine = np.cos(angles), np.sin(angles)
        first, second = vectors[..., : size // 2], vectors[..., size // 2 :]
        turned = (first * cosine - second * sine, second * cosine + first * sine)
        return np.concatenate(turned, axis=-1)


def _norm(states: Float32, gain: Float32, epsilon: float) -> Float32:
    mean_square = np.mean(states * states, axis=-1, keepdims=True)
    return np.asarray(states / np.sqrt(mean_square + np.float32(epsilon)) * gain, np.float32)


def _softmax(scores: Float32) -> Float32:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)
