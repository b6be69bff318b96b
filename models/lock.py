"""One pull at a time in a store, over processes."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.progress import Progress


@contextmanager
def exclusive(root: Path, progress: Progress) -> Iterator[None]:
    """Hold the store `root`, having waited for whoever holds it; a process that dies lets go of it."""
    with (root / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note(f"another pull into {root} is running; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
