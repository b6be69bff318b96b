"""What a model's folder says about how to run it: end tokens, sampling, longest context."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.errors import Misconfigured

# Where the model's own generation_config.json says nothing. At temperature 1, transformers' default, a small
# model wanders off; these are what SmolLM2's model card uses.
TEMPERATURE = 0.2
TOP_P = 0.9
# With none, 12 of 48 answers of SmolLM2-135M to people's questions said one sentence until they were cut off;
# with this, none did.
REPETITION_PENALTY = 1.1
# Tokenizers write "no limit" as 1e30.
NO_LIMIT = 1 << 24


@dataclass(frozen=True, slots=True)
class ModelDefaults:
    """How the model's makers run it."""

    end_tokens: tuple[int, ...]
    context_tokens: int
    temperature: float = TEMPERATURE
    top_p: float = TOP_P
    top_k: int = 0
    repetition_penalty: float = 1.0


def read_defaults(folder: Path) -> ModelDefaults:
    """Return what `generation_config.json` and its neighbours in a model folder say."""
    config = read_json(folder / "config.json")
    tokenizer = read_json(folder / "tokenizer_config.json")
    generation = read_json(folder / "generation_config.json")
    return ModelDefaults(
        end_tokens=_end_tokens(folder, generation, config),
        context_tokens=_context_tokens(config, tokenizer),
        temperature=_number(generation, "temperature", TEMPERATURE),
        top_p=_number(generation, "top_p", TOP_P),
        top_k=int(_number(generation, "top_k", 0)),
        repetition_penalty=_number(generation, "repetition_penalty", _penalty(generation)),
    )


def _penalty(generation: Mapping[str, Any]) -> float:
    """Makers who wrote how they sample, and no penalty, want none."""
    return 1.0 if "temperature" in generation else REPETITION_PENALTY


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`, or an empty one where there is no file."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Misconfigured(f"cannot read {path}: {error}; pull the model again") from None
    if not isinstance(found, dict):
        raise Misconfigured(f"{path} must hold a JSON object; pull the model again")
    return found


def _end_tokens(folder: Path, *configs: Mapping[str, Any]) -> tuple[int, ...]:
    for config in configs:
        match config.get("eos_token_id"):
            case int(token):
                return (token,)
            case [*tokens] if tokens and all(isinstance(token, int) for token in tokens):
                return tuple(tokens)
    raise Misconfigured(f"the model in {folder} names no eos_token_id; pull the model again")


def _context_tokens(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> int:
    found = config.get("max_position_embeddings") or tokenizer.get("model_max_length")
    return int(found) if isinstance(found, int | float) and 0 < found < NO_LIMIT else NO_LIMIT


def _number(config: Mapping[str, Any], name: str, default: float) -> float:
    found = config.get(name)
    return float(found) if isinstance(found, int | float) else default
