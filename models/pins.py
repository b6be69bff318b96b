"""What a file must be, to the byte, and whether it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pin:
    """The hash (lower-case hex) and size of one file."""

    sha256: str
    size_bytes: int


def pin_of(path: Path) -> Pin:
    """Return the pin that `path` has now, having read all of it."""
    with path.open("rb") as file:
        return Pin(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def fault(path: Path, sha256: str | None, size_bytes: int | None) -> str | None:
    """Return what is wrong with `path` in words, or None; what is not pinned is not asked for."""
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size_bytes is not None and size != size_bytes:
        return f"has {size} bytes instead of {size_bytes}"
    if sha256 is None:
        return None
    found = pin_of(path).sha256
    return None if found == sha256 else f"is corrupt: its SHA-256 is {found} instead of {sha256}"
