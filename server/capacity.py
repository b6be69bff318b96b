"""How many sessions this installation carries, as `antiphon bench capacity --engines real --write` found.

The file `capacity.json` in the state folder; `[server] max_sessions`, where it is set, goes before it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from antiphon.errors import Misconfigured
from antiphon.paths import state_dir

FILE = "capacity.json"
MOST_SESSIONS = 10_000
# Unmeasured: two cores speak to one caller at a time; a few more may be connected and listening.
UNMEASURED_SESSIONS = 16


class Capacity(BaseModel):
    """What was measured: `p95_ms` of voice to voice at `sessions` was within `bound_ms`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sessions: Annotated[int, Field(ge=1, le=MOST_SESSIONS)]
    p95_ms: float
    bound_ms: float
    engines: str
    cpu: str
    measured: str  # a date, ISO 8601


def capacity_file() -> Path:
    """Return where it is kept."""
    return state_dir() / FILE


def measured_sessions() -> int:
    """Return how many sessions to allow where no setting says."""
    found = read(capacity_file())
    return UNMEASURED_SESSIONS if found is None else found.sessions


def read(path: Path) -> Capacity | None:
    """Return what was saved, None where nothing was; raise `Misconfigured` where it cannot be used."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}; {_mend(path)}") from None
    try:
        return Capacity.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise Misconfigured(f"{path}: {where}: {first['msg']}; {_mend(path)}") from None


def write(capacity: Capacity, path: Path) -> None:
    """Save what was measured; a reader sees the old text or the new."""
    partial = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_text(capacity.model_dump_json(indent=2) + "\n", "utf-8")
        partial.replace(path)
    except OSError as error:
        raise Misconfigured(f"cannot write {path}: {error.strerror}") from None


def _mend(path: Path) -> str:
    again = "antiphon bench capacity --engines real --write"
    return f"remove {path.name}, and measure again with `{again}`"
