from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import ml_dtypes
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer, pre_tokenizers

from antiphon.errors import Misconfigured
from models.convert.gguf_to_hf import gguf_to_hf, halves_of_heads
from tests.models.convert.llama import TINY, Config, Float32, logits, random_weights, shapes
from tests.models.shelf import real_model, write

Bytes = NDArray[np.uint8]

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Every byte has a letter, so that any text can be written.
LETTERS = sorted(pre_tokenizers.ByteLevel.alphabet())
WORDS = ["he", "ll", "hell", "hello", "Ġhello"]
MERGES = ["h e", "l l", "he ll", "hell o", "Ġ hello"]
TOKENS = [*CONTROL, *LETTERS, *WORDS]
CONFIG: Config = {**TINY, "vocab_size": len(TOKENS), "rope_theta": 50_000.0}
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}"

PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OUTSIDE = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}


def gguf_name(name: str) -> str:
    """Return what llama.cpp calls a tensor of Hugging Face's."""
    module = name.removesuffix(".weight")
    if module in OUTSIDE:
        return f"{OUTSIDE[module]}.weight"
    _, _, layer, part = module.split(".", 3)
    return f"blk.{layer}.{PARTS[part]}.weight"


def pairs_of_heads(weights: Float32, heads: int) -> Float32:
    """Reorder rows as llama.cpp does when it writes: halves of each head become interleaved pairs."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, -1)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weights.shape))


def write_gguf(
    folder: Path, weights: dict[str, Float32], kind: GGMLQuantizationType, **changed: Any
) -> Path:
    """Write what llama.cpp would have made of a tiny model."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(folder / "model.gguf", changed.pop("architecture", "llama"))
    writer.add_context_length(128)
    writer.add_embedding_length(CONFIG["hidden_size"])
    writer.add_feed_forward_length(CONFIG["intermediate_size"])
    writer.add_block_count(CONFIG["num_hidden_layers"])
    writer.add_head_count(CONFIG["num_attention_heads"])
    writer.add_head_count_kv(CONFIG["num_key_value_heads"])
    writer.add_rope_dimension_count(CONFIG["head_dim"])
    writer.add_rope_freq_base(CONFIG["rope_theta"])
    writer.add_layer_norm_rms_eps(CONFIG["rms_norm_eps"])
    writer.add_tokenizer_model(changed.pop("model", "gpt2"))
    writer.add_tokenizer_pre(changed.pop("pre", "smollm"))
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(CONTROL) + [1] * (len(TOKENS) - len(CONTROL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    heads = {
        "self_attn.q_proj": CONFIG["num_attention_heads"],
        "self_attn.k_proj": CONFIG["num_key_value_heads"],
    }
    for name, value in weights.items():
        for part, count in heads.items():
            value = pairs_of_heads(value, count) if part in name else value
        found = GGMLQuantizationType.F32 if value.ndim == 1 else kind
        writer.add_tensor(
            changed.get(name) or gguf_name(name), gguf.quantize(value, found), raw_dtype=found
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return folder


def converted(tmp_path: Path, weights: dict[str, Float32], kind: GGMLQuantizationType) -> Path:
    target = write(tmp_path / "hf", {})
    gguf_to_hf(write_gguf(tmp_path / "gguf", weights, kind), target)
    return target


def read(folder: Path) -> dict[str, Float32]:
    stored = load_file(folder / "model.safetensors")
    return {name: value.astype(np.float32) for name, value in stored.items()}


# The reference for the blocks: ggml's definitions of block_q4_1 and block_q8_0, read byte by byte.


def dequantised(data: Bytes, kind: GGMLQuantizationType, shape: tuple[int, ...]) -> Float32:
    flat = np.ascontiguousarray(data).view(np.uint8).reshape(-1)
    if kind is GGMLQuantizationType.F32:
        return flat.view(np.float32).reshape(shape)
    if kind is GGMLQuantizationType.Q8_0:
        blocks = flat.reshape(-1, 2 + 32)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        return (scale * blocks[:, 2:].copy().view(np.int8).astype(np.float32)).reshape(shape)
    assert kind is GGMLQuantizationType.Q4_1
    blocks = flat.reshape(-1, 2 + 2 + 16)
    scale, least = (
        blocks[:, at : at + 2].copy().view(np.float16).astype(np.float32) for at in (0, 2)
    )
    nibbles = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1).astype(np.float32)
    return (scale * nibbles + least).reshape(shape)


def bfloat16(weights: Float32) -> Float32:
    return weights.astype(ml_dtypes.bfloat16).astype(np.float32)


def test_rows_of_pairs_become_halves() -> None:
    rows = np.arange(16).reshape(16, 1)
    expected = [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15]
    assert halves_of_heads(rows, 2)[:, 0].tolist() == expected


@pytest.mark.parametrize("tied", [True, False])
def test_weights_keep_their_values_and_get_their_names(tmp_path: Path, tied: bool) -> None:
    config = {**CONFIG, "tie_word_embeddings": tied}
    weights = random_weights(config)
    found = read(converted(tmp_path, weights, GGMLQuantizationType.F32))
    assert found.keys() == shapes(config).keys()
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], bfloat16(value), err_msg=name)
    written = json.loads((tmp_path / "hf/config.json").read_text())
    assert written["tie_word_embeddings"] is tied


@pytest.mark.parametrize("kind", [GGMLQuantizationType.Q8_0, GGMLQuantizationType.Q4_1])
def test_blocks_are_read_as_ggml_defines_them(tmp_path: Path, kind: GGMLQuantizationType) -> None:
    target = converted(tmp_path, random_weights(CONFIG), kind)
    _assert_equal(GGUFReader(tmp_path / "gguf/model.gguf"), read(target), CONFIG)


def test_the_config_describes_the_model(tmp_path: Path) -> None:
    weights = {name: bfloat16(value) for name, value in random_weights(CONFIG).items()}
    target = converted(tmp_path, weights, GGMLQuantizationType.F32)
    config = json.loads((target / "config.json").read_text())
    same = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"]
    same += ["num_key_value_heads", "head_dim", "rope_theta", "rms_norm_eps", "vocab_size"]
    assert {name: config[name] for name in same} == {name: CONFIG[name] for name in same}
    assert config["rope_parameters"] == {"rope_type": "default", "rope_theta": CONFIG["rope_theta"]}
    assert config["max_position_embeddings"] == 128
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    assert json.loads((target / "generation_config.json").read_text()) == ids
    # Whoever reads both files computes what went in.
    found = logits(config, read(target), [1, 5, 7])
    np.testing.assert_array_equal(found, logits(CONFIG, weights, [1, 5, 7]))


def test_the_tokenizer_splits_and_joins(tmp_path: Path) -> None:
    target = converted(tmp_path, random_weights(CONFIG), GGMLQuantizationType.F32)
    tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
    assert tokenizer.encode("hello hello").tokens == ["hello", "Ġhello"]
    assert tokenizer.encode("12").tokens == ["1", "2"]
    assert tokenizer.encode("<|im_start|>hello<|im_end|>").ids[0] == 1
    text = "Grüße, 2 € 🙂\n\tend"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    settings = json.loads((target / "tokenizer_config.json").read_text())
    assert settings["eos_token"] == "<|im_end|>"
    assert settings["chat_template"] == TEMPLATE
    assert (target / "chat_template.jinja").read_text() == TEMPLATE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"architecture": "qwen2"}, "general.architecture is 'qwen2'"),
        ({"model": "llama"}, "tokenizer.ggml.model is 'llama'"),
        ({"pre": "llama-bpe"}, "tokenizer.ggml.pre is 'llama-bpe'"),
    ],
)
def test_another_kind_of_model_is_refused(
    tmp_path: Path, change: dict[str, str], told: str
) -> None:
    source = write_gguf(tmp_path, random_weights(CONFIG), GGMLQuantizationType.F32, **change)
    with pytest.raises(Misconfigured, match=told):
        gguf_to_hf(source, tmp_path)


@pytest.mark.parametrize("tensor", ["rope_freqs.weight", "blk.0.attn_sinks.weight", "x"])
def test_an_unknown_tensor_is_refused(tmp_path: Path, tensor: str) -> None:
    change = {"model.norm.weight": tensor}
    source = write_gguf(tmp_path, random_weights(CONFIG), GGMLQuantizationType.F32, **change)
    with pytest.raises(Misconfigured, match=f"tensor '{tensor}' is no part"):
        gguf_to_hf(source, tmp_path)


@pytest.mark.model
def test_the_real_model_has_the_values_of_its_blocks() -> None:
    reader = GGUFReader(real_model("smollm2-135m-instruct-gguf") / "model.gguf")
    folder = real_model("smollm2-135m-instruct")
    config = json.loads((folder / "config.json").read_text())
    _assert_equal(reader, read(folder), config)


def _assert_equal(reader: GGUFReader, found: dict[str, Float32], config: Config) -> None:
    """Compare every tensor bit by bit, having brought ours into llama.cpp's order of rows."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    names = {gguf_name(name): name for name in found}
    assert names.keys() == {tensor.name for tensor in reader.tensors}
    for tensor in reader.tensors:
        ours = found[names[tensor.name]]
        for part, count in heads.items():
            ours = pairs_of_heads(ours, count) if part in names[tensor.name] else ours
        theirs = dequantised(tensor.data, tensor.tensor_type, ours.shape)
        np.testing.assert_array_equal(ours, bfloat16(theirs), err_msg=tensor.name)
