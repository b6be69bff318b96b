"""Where Antiphon keeps things in a user's home (XDG Base Directory Specification 0.8)."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """Return where models are: large, and can be fetched again."""
    return _xdg("XDG_DATA_HOME", ".local/share")


def state_dir() -> Path:
    """Return where keys and logs are: small, and this installation's own."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def cache_dir() -> Path:
    """Return where files are that are made from others, and made again where they are missing."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def runtime_dir() -> Path:
    """Return where sockets are; short, since the path of a Unix socket holds at most 107 bytes."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    return Path(base) / "antiphon" if base else state_dir() / "run"


def default_socket(service: str) -> str:
    """Return the gRPC address at which `service` listens unless it is told another."""
    return f"unix:{runtime_dir() / service}.sock"


def _xdg(variable: str, fallback: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / fallback) / "antiphon"
