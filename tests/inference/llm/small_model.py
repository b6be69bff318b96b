"""A model folder without weights: a tokenizer of one token a byte, a chat template, configurations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

START, END = "<|start|>", "<|end|>"
TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message.role }}\n{{ message.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
# As that of Llama 3.1 does, it tells of the tools, and writes calls as JSON.
TOOLS_TEMPLATE = (
    "{% if tools %}{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}{% endif %}"
    "{% for message in messages %}<|start|>{{ message.role }}\n"
    "{% for call in message.tool_calls or [] %}"
    '{"name": {{ call.function.name | tojson }}, "parameters": {{ call.function.arguments | tojson }}}'
    "{% endfor %}{{ message.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def write_model(folder: Path, *, template: str = TEMPLATE, context_tokens: int = 512) -> Path:
    """Write the model's files into `folder` and return it."""
    _tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(template)
    write_json(folder / "tokenizer_config.json", {"eos_token": END})
    write_json(folder / "config.json", {"max_position_embeddings": context_tokens})
    write_json(folder / "generation_config.json", {"eos_token_id": END_TOKEN, "temperature": 0.7})
    return folder


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON."""
    path.write_text(json.dumps(value))


def _tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(one, special=True) for one in (START, END)])
    return tokenizer


END_TOKEN = 257  # after 256 bytes and START
