"""Loads one table of `antiphon.toml`, overridden by `ANTIPHON_TABLE__NAME`, into a typed object.

Each package declares its own tables in a light `settings.py`; a process loads the table it needs,
once, at its entry, and passes the object down. `load_all` is for whoever owns the whole file.

The defaults in those files are for a machine without a graphics card. `profile = "gpu"` at the top of the
file, or ANTIPHON_PROFILE=gpu, puts those of `profiles/gpu.toml` in their place; file and environment go
over them. So the same word chooses them for `ops/up`, in which all services share one file, and for
containers, each of which has variables only.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, from_json

from antiphon.errors import Misconfigured

PREFIX = "ANTIPHON_"
SEPARATOR = "__"
FILE_VARIABLE = "ANTIPHON_CONFIG"
DEFAULT_FILE = Path("antiphon.toml")
PROFILE_KEY = "profile"
PROFILE_VARIABLE = "ANTIPHON_PROFILE"
CPU = "cpu"
PROFILES = Path(__file__).with_name("profiles")


class Table(BaseModel):
    """Base of every settings table: frozen, and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


T = TypeVar("T", bound=Table)


def from_text(value: Any) -> Any:
    """Read a list that stands in an environment variable, as JSON: for a field's `BeforeValidator`."""
    return from_json(value) if isinstance(value, str) else value


def load(name: str, model: type[T], environ: Mapping[str, str] = os.environ) -> T:
    """Return the table `name`; raise `Misconfigured` that names setting, value and what is allowed."""
    file = _read_file(environ)
    values = file.get(name, {})
    if not isinstance(values, dict):
        raise Misconfigured(f"[{name}] in the settings file must be a table, not {values!r}")
    usual = _overlay(_read_profile(file, environ).get(name, {}), values)
    merged = _overlay(usual, _from_environ(environ).get(name, {}))
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        raise Misconfigured(_explain(name, model, error)) from None


def load_all(
    tables: Mapping[str, type[Table]], environ: Mapping[str, str] = os.environ
) -> dict[str, Table]:
    """Return every table, having refused tables in file or environment that nobody declares."""
    for found, where in [
        *((n, "the settings file") for n in _read_file(environ) if n != PROFILE_KEY),
        *((n, "the environment") for n in _from_environ(environ)),
    ]:
        if found not in tables:
            known = ", ".join(sorted(tables))
            raise Misconfigured(
                f"unknown settings table {found!r} in {where}; known tables: {known}"
            )
    return {name: load(name, model, environ) for name, model in tables.items()}


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the settings file is looked for: $ANTIPHON_CONFIG, else ./antiphon.toml."""
    return Path(environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def _read_profile(file: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the defaults that the chosen profile has in place of those in the code."""
    name = environ.get(PROFILE_VARIABLE) or file.get(PROFILE_KEY) or CPU
    if name == CPU:
        return {}
    known = sorted(path.stem for path in PROFILES.glob("*.toml"))
    if name not in known:
        raise Misconfigured(
            f"unknown {PROFILE_KEY} {name!r} ({PROFILE_VARIABLE}); known: {', '.join([CPU, *known])}"
        )
    return tomllib.loads((PROFILES / f"{name}.toml").read_text("utf-8"))


def _read_file(environ: Mapping[str, str]) -> dict[str, Any]:
    path = config_file(environ)
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        if environ.get(FILE_VARIABLE):
            raise Misconfigured(f"{FILE_VARIABLE} names {path}, which does not exist") from None
        return {}
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"cannot read {path}: {error}") from None


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """Turn ANTIPHON_ASR__VAD__THRESHOLD=0.4 into {"asr": {"vad": {"threshold": "0.4"}}}."""
    tree: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or SEPARATOR not in variable:
            continue
        *parents, leaf = variable.removeprefix(PREFIX).lower().split(SEPARATOR)
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def _overlay(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            _overlay(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
        )
    return merged


def _explain(table: str, model: type[Table], error: ValidationError) -> str:
    return "; ".join(
        _explain_one(table, model, detail) for detail in error.errors(include_url=False)
    )


def _explain_one(table: str, model: type[Table], detail: ErrorDetails) -> str:
    name = ".".join([table, *(str(part) for part in detail["loc"])])
    variable = PREFIX + name.upper().replace(".", SEPARATOR)
    if detail["type"] == "extra_forbidden":
        known = ", ".join(sorted(_table_at(model, detail["loc"][:-1]).model_fields))
        return (
            f"unknown setting {name} = {detail['input']!r} ({variable}); its table knows: {known}"
        )
    return f"setting {name} = {detail['input']!r} ({variable}): {detail['msg']}"


def _table_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    for part in location:
        inner = model.model_fields[str(part)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return model
