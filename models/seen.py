"""Remembers what a file hashed to, so that an engine's start need not read gigabytes that have not changed.

A file counts as unchanged while its size, inode and times of modification and change stay: no program can
set the last of these. What a failing disk does to resting bytes shows in `antiphon models verify` alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from models.pins import Pin, fault, pin_of

Identity = list[int]


class Seen:
    """The memory of one model's files, in `DIR/.seen/NAME.json`; losing it costs one reading."""

    def __init__(self, root: Path, name: str) -> None:
        self._file = root / ".seen" / f"{name}.json"
        self._known = self._load()
        self._changed = False

    def pin(self, folder: Path, path: str) -> Pin:
        """Return what the file `path` in `folder` hashes to now."""
        identity = _identity(folder / path)
        known = self._known.get(path)
        if known and known[0] == identity:
            return Pin(known[1], identity[0])
        pin = pin_of(folder / path)
        self._known[path] = (identity, pin.sha256)
        self._changed = True
        return pin

    def fault(self, folder: Path, path: str, sha256: str, size_bytes: int | None) -> str | None:
        """Return what is wrong with a file in words, or None; a wrong size is told without reading it."""
        wrong = fault(folder / path, None, size_bytes)
        if wrong is None and (found := self.pin(folder, path).sha256) != sha256:
            wrong = f"is corrupt: its SHA-256 is {found} instead of {sha256}"
        return wrong

    def forget(self) -> None:
        """Forget everything, so that the next question reads the file."""
        self._known = {}
        self._changed = True

    def save(self) -> None:
        """Write what was learnt; a store mounted read-only keeps nothing, and is read again each time."""
        if not self._changed:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(self._known))
            fresh.replace(self._file)
        except OSError:
            return
        self._changed = False

    def _load(self) -> dict[str, tuple[Identity, str]]:
        try:
            raw = json.loads(self._file.read_text("utf-8"))
            return {path: (list(identity), str(sha256)) for path, (identity, sha256) in raw.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _identity(path: Path) -> Identity:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
