"""How a pull looks: bars on a terminal, one line a step elsewhere; both on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress

from models.progress import Progress


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Show a pull for as long as the context is open."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield Lines(stream)
        return
    with RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(file=stream),
    ) as bars:
        yield Bars(bars)


class Lines:
    """One line when a step starts, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def start(self, what: str, total_bytes: int | None, done_bytes: int = 0) -> None:
        """Say what begins, how long it is, and where it goes on from."""
        size = f", {size_text(total_bytes)}" if total_bytes else ""
        resumed = f", going on at {size_text(done_bytes)}" if done_bytes else ""
        self.note(f"{what}{size}{resumed}")

    def advance(self, count_bytes: int) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say it."""
        print(line, file=self._stream, flush=True)


class Bars:
    """A bar a step; the one before is full when the next starts."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, what: str, total_bytes: int | None, done_bytes: int = 0) -> None:
        """Add a bar; one without a length just moves."""
        if self._task is not None:
            total = self._bars.tasks[-1].total or 1
            self._bars.update(self._task, total=total, completed=total)
        self._task = self._bars.add_task(what, total=total_bytes, completed=done_bytes)

    def advance(self, count_bytes: int) -> None:
        """Move the bar on."""
        if self._task is not None:
            self._bars.advance(self._task, count_bytes)

    def note(self, line: str) -> None:
        """Print above the bars."""
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)


def size_text(count_bytes: int) -> str:
    """Return a size for people, in the decimal units that disks and networks are sold in."""
    if count_bytes >= 1_000_000_000:
        return f"{count_bytes / 1e9:.1f} GB"
    return f"{count_bytes / 1e6:.1f} MB"
