"""GGUF of the Llama architecture to a Hugging Face folder: safetensors in bfloat16, tokenizer, chat template.

Engines that serve do not load GGUF on a CPU, so its blocks are dequantised once, here. No torch is needed.
The layout of GGUF: ggml's `docs/gguf.md`. llama.cpp keeps query and key rows in the order of its own rotary
embedding (pairs interleaved); Hugging Face's has the two halves of a head one after the other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from antiphon.errors import Misconfigured
from models.convert.program import program

SOURCE = "model.gguf"
CONTROL_TOKEN = 3  # ggml's LLAMA_TOKEN_TYPE_CONTROL

_OUTSIDE_LAYERS = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_IN_LAYERS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}

Metadata = Mapping[str, Any]
Weights = NDArray[Any]


def gguf_to_hf(source: Path, target: Path) -> None:
    """Fill the folder `target` from the file `model.gguf` in `source`."""
    reader = GGUFReader(source / SOURCE)
    metadata = {key: field.contents() for key, field in reader.fields.items()}
    _check(metadata)
    weights = dict(hf_weights(reader, metadata))
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    tied = "lm_head.weight" not in weights
    _write_json(target / "config.json", hf_config(metadata, tied=tied))
    _write_json(target / "generation_config.json", _special_ids(metadata))
    tokenizer(metadata).save(str(target / "tokenizer.json"))
    _write_json(target / "tokenizer_config.json", _tokenizer_config(metadata))
    (target / "chat_template.jinja").write_text(metadata["tokenizer.chat_template"], "utf-8")


def _check(metadata: Metadata) -> None:
    """Refuse what this would convert wrongly rather than not at all."""
    for key, known in (
        ("general.architecture", "llama"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "smollm"),
    ):
        if metadata.get(key) != known:
            raise Misconfigured(
                f"{SOURCE}: {key} is {metadata.get(key)!r}; this conversion knows {known!r} only"
            )


def hf_weights(reader: GGUFReader, metadata: Metadata) -> Iterator[tuple[str, Weights]]:
    """Yield every tensor under its Hugging Face name, dequantised, rounded to bfloat16."""
    heads = {
        "attn_q": metadata["llama.attention.head_count"],
        "attn_k": metadata["llama.attention.head_count_kv"],
    }
    for tensor in reader.tensors:
        weights = dequantize(tensor.data, tensor.tensor_type)
        name, part = _names(tensor.name)
        if part in heads:
            weights = halves_of_heads(weights, heads[part])
        yield name, np.ascontiguousarray(weights.astype(ml_dtypes.bfloat16))


def _names(tensor: str) -> tuple[str, str]:
    """Return the Hugging Face name of a tensor, and the part of a layer that it is ("" outside of layers)."""
    match tensor.split("."):
        case ["blk", layer, part, "weight"] if part in _IN_LAYERS:
            return f"model.layers.{layer}.{_IN_LAYERS[part]}.weight", part
        case [part, "weight"] if part in _OUTSIDE_LAYERS:
            return f"{_OUTSIDE_LAYERS[part]}.weight", ""
    raise Misconfigured(
        f"{SOURCE}: tensor {tensor!r} is no part of the Llama architecture that this knows"
    )


def halves_of_heads(weights: Weights, heads: int) -> Weights:
    """Return rows `(heads * size, n)` of interleaved pairs as first, then second halves of each head."""
    rows, columns = weights.shape
    pairs = weights.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def hf_config(metadata: Metadata, *, tied: bool) -> dict[str, Any]:
    """Return the model's `config.json`."""
    theta = float(metadata["llama.rope.freq_base"])
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "bfloat16",
        "hidden_size": metadata["llama.embedding_length"],
        "intermediate_size": metadata["llama.feed_forward_length"],
        "num_hidden_layers": metadata["llama.block_count"],
        "num_attention_heads": metadata["llama.attention.head_count"],
        "num_key_value_heads": metadata["llama.attention.head_count_kv"],
        "head_dim": metadata["llama.rope.dimension_count"],
        "max_position_embeddings": metadata["llama.context_length"],
        # GGUF holds a float32; the shortest decimal that rounds to it is the number its makers wrote.
        "rms_norm_eps": float(str(np.float32(metadata["llama.attention.layer_norm_rms_epsilon"]))),
        # transformers 5 reads `rope_parameters`, everything older `rope_theta`.
        "rope_theta": theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": theta},
        "vocab_size": len(metadata["tokenizer.ggml.tokens"]),
        "tie_word_embeddings": tied,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        **_special_ids(metadata),
    }


def _special_ids(metadata: Metadata) -> dict[str, int]:
    return {
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "pad_token_id": metadata["tokenizer.ggml.padding_token_id"],
    }


def tokenizer(metadata: Metadata) -> Tokenizer:
    """Return byte-level BPE as `pre = smollm` means it: digits one by one, then GPT-2's split."""
    tokens = metadata["tokenizer.ggml.tokens"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    built = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, fuse_unk=False))
    built.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    built.decoder = decoders.ByteLevel()
    control = [
        AddedToken(token, special=True, normalized=False)
        for token, kind in zip(tokens, metadata["tokenizer.ggml.token_type"], strict=True)
        if kind == CONTROL_TOKEN
    ]
    built.add_special_tokens(control)
    return built


def _tokenizer_config(metadata: Metadata) -> dict[str, Any]:
    tokens = metadata["tokenizer.ggml.tokens"]
    named = {
        f"{role}_token": tokens[metadata[f"tokenizer.ggml.{key}_token_id"]]
        for role, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding"))
    }
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **named,
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": metadata["llama.context_length"],
        "chat_template": metadata["tokenizer.chat_template"],
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(program(gguf_to_hf))
