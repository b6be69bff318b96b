"""How a pull tells whoever started it what it does; the command line draws this."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of each long step in order: `start`, `advance` any number of times, then the next `start`."""

    def start(self, what: str, total_bytes: int | None, done_bytes: int = 0) -> None:
        """Begin a step of `total_bytes`, of which a resumed one has `done_bytes` already."""

    def advance(self, count_bytes: int) -> None:
        """Count bytes of the step in progress."""

    def note(self, line: str) -> None:
        """Tell something that a reader of the log should know."""


class Silent:
    """Progress that nobody watches."""

    def start(self, what: str, total_bytes: int | None, done_bytes: int = 0) -> None:
        """Do nothing."""

    def advance(self, count_bytes: int) -> None:
        """Do nothing."""

    def note(self, line: str) -> None:
        """Do nothing."""
