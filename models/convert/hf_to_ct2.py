"""Hugging Face folder of the Llama architecture to a CTranslate2 folder in int8.

CTranslate2's own converter loads the model in torch and transformers, which the environment of the
command line does not have; its `specs` need numpy alone, so the weights go from safetensors into the
specification directly. The tokenizer and the chat template are copied along: the engine has nothing else
to read them from.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401 - numpy learns bfloat16 from it, which safetensors then reads
import numpy as np
from ctranslate2.specs import TransformerDecoderModelSpec
from ctranslate2.specs.common_spec import Activation
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from antiphon.errors import Misconfigured
from models.convert.program import program

QUANTIZATION = "int8"
COPIED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
)

Config = Mapping[str, Any]
Float32 = NDArray[np.float32]
Read = Callable[[str], Float32]


def hf_to_ct2(source: Path, target: Path) -> None:
    """Fill the folder `target` from the folder `source`."""
    config = json.loads((source / "config.json").read_text("utf-8"))
    _check(source, config)
    stored = load_file(source / "model.safetensors")
    spec = specification(config, lambda name: stored[f"{name}.weight"].astype(np.float32))
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    spec.register_vocabulary(vocabulary(tokenizer, config["vocab_size"]))
    _set_special_tokens(spec, tokenizer, config)
    spec.validate()
    spec.optimize(quantization=QUANTIZATION)
    spec.save(str(target))
    for name in COPIED:
        shutil.copyfile(source / name, target / name)


def _check(source: Path, config: Config) -> None:
    """Refuse what this would convert wrongly rather than not at all."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    found = {
        "model_type": (config.get("model_type"), "llama"),
        "hidden_act": (config.get("hidden_act"), "silu"),
        "attention_bias": (config.get("attention_bias", False), False),
        "mlp_bias": (config.get("mlp_bias", False), False),
        "rope_type": (rope.get("rope_type", "default"), "default"),
    }
    for key, (value, known) in found.items():
        if value != known:
            raise Misconfigured(
                f"{source}: {key} is {value!r}; this conversion knows {known!r} only"
            )


def specification(config: Config, read: Read) -> TransformerDecoderModelSpec:
    """Return CTranslate2's description of the model with its weights, float32, not yet quantised."""
    heads, heads_kv = config["num_attention_heads"], config["num_key_value_heads"]
    spec = TransformerDecoderModelSpec.from_config(
        config["num_hidden_layers"],
        heads,
        num_heads_kv=None if heads_kv == heads else heads_kv,
        pre_norm=True,
        activation=Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=0,  # all of each head
        rotary_interleave=False,
        rotary_base=config["rope_theta"],
        head_dim=config["head_dim"],
    )
    spec.config.layer_norm_epsilon = config["rms_norm_eps"]
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = read("model.embed_tokens")
    decoder.layer_norm.gamma = read("model.norm")
    head = "model.embed_tokens" if config["tie_word_embeddings"] else "lm_head"
    decoder.projection.weight = read(head)
    for number, layer in enumerate(decoder.layer):
        _set_layer(layer, partial(_read_in_layer, read, number))
    return spec


def _read_in_layer(read: Read, number: int, part: str) -> Float32:
    return read(f"model.layers.{number}.{part}")


def _set_layer(layer: Any, read: Read) -> None:
    attention, feed_forward = layer.self_attention, layer.ffn
    attention.layer_norm.gamma = read("input_layernorm")
    attention.linear[0].weight = np.concatenate(
        [read(f"self_attn.{part}_proj") for part in ("q", "k", "v")]
    )
    attention.linear[1].weight = read("self_attn.o_proj")
    feed_forward.layer_norm.gamma = read("post_attention_layernorm")
    feed_forward.linear_0.weight = read("mlp.gate_proj")
    feed_forward.linear_0_noact.weight = read("mlp.up_proj")
    feed_forward.linear_1.weight = read("mlp.down_proj")


def vocabulary(tokenizer: Tokenizer, size: int) -> list[str]:
    """Return the token of every id below `size`; a row without one gets a name that no text has."""
    by_id = {number: token for token, number in tokenizer.get_vocab(with_added_tokens=True).items()}
    return [by_id.get(number, f"<extra_id_{number}>") for number in range(size)]


def _set_special_tokens(
    spec: TransformerDecoderModelSpec, tokenizer: Tokenizer, config: Config
) -> None:
    spec.config.bos_token = tokenizer.id_to_token(config["bos_token_id"])
    spec.config.eos_token = tokenizer.id_to_token(config["eos_token_id"])
    # Byte-level BPE has a token for every byte, so nothing is ever unknown.
    spec.config.unk_token = ""


if __name__ == "__main__":
    sys.exit(program(hf_to_ct2))
