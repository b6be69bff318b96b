"""A plan as settings: a table of `antiphon.toml`, or variables for compose's `env_file`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from antiphon.errors import InvalidInput
from antiphon.settings import PREFIX, PROFILE_KEY, SEPARATOR
from ops.context import history_chars
from ops.plan.plan import BLOCK, Plan
from ops.plan.request import GUESTS
from server.settings import AgentSettings

HEADER = "# Written by `antiphon plan`, which may write it again: "
# What a session that listens anew has, and a guest has one.
STREAMS = 2
FEWEST_STREAMS = 256  # as [asr] max_streams and [tts] max_calls are by default

Tables = Mapping[str, Any]


def settings(plan: Plan, *, seats: bool) -> Tables:
    """Return the settings that make the plan; `seats`: the gateway admits the sessions asked for as well."""
    streams = max(FEWEST_STREAMS, STREAMS * plan.request.sessions + GUESTS)
    asr, tts = plan.asr, plan.tts
    tables: dict[str, Any] = {
        "asr": {
            "model": asr.model,
            "vad": asr.vad,
            "end_of_turn": asr.end_of_turn,
            "compute_type": asr.compute_type,
            "max_batch": asr.max_batch,
            "max_batch_s": asr.max_batch_s,
            "max_streams": streams,
        },
        "llm": {
            "model": plan.language_model,
            "context_tokens": plan.request.context_tokens,
            "max_waiting": plan.request.sequences,
            "vllm": {
                "block_size": BLOCK,
                "max_num_seqs": plan.request.sequences,
                "gpu_memory_utilization": plan.share,
                "kv_cache_memory_bytes": plan.cache_bytes,
            },
        },
        "tts": {"model": tts.model, "max_batch": tts.batch, "max_calls": streams},
        "agent": {
            "history_chars": history_chars(
                plan.request.context_tokens, AgentSettings().max_reply_tokens
            )
        },
    }
    if seats:
        tables["server"] = {"max_sessions": plan.request.sessions}
    return tables


def write(tables: Tables, path: Path, command: str) -> None:
    """Write settings to `path`: TOML where it ends so, else variables. What others wrote is left alone."""
    lines = _toml(tables) if path.suffix == ".toml" else _variables(tables)
    try:
        if path.exists() and not path.read_text("utf-8").startswith(HEADER):
            raise InvalidInput(
                f"{path} was not written by `antiphon plan`; name another file, or move it away"
            )
        path.write_text("\n".join([f"{HEADER}{command}", *lines]) + "\n", "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot write {path}: {error}") from None


def _toml(tables: Tables) -> Iterator[str]:
    yield f'{PROFILE_KEY} = "gpu"'
    yield from _toml_tables(tables, "")


def _toml_tables(tables: Tables, prefix: str) -> Iterator[str]:
    for name, value in tables.items():
        yield from ("", f"[{prefix}{name}]")
        yield from (f"{key} = {_literal(one)}" for key, one in value.items() if not _is_table(one))
        inner = {key: one for key, one in value.items() if _is_table(one)}
        yield from _toml_tables(inner, f"{prefix}{name}.")


def _variables(tables: Tables) -> Iterator[str]:
    yield f"{PREFIX}{PROFILE_KEY.upper()}=gpu"
    yield from _flat(tables, PREFIX)


def _flat(tables: Tables, prefix: str) -> Iterator[str]:
    for name, value in tables.items():
        variable = f"{prefix}{name.upper()}"
        if _is_table(value):
            yield from _flat(value, f"{variable}{SEPARATOR}")
        else:
            yield f"{variable}={value}"


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)
