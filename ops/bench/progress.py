"""How far a benchmark is, on standard error: one line that moves on a terminal, else a line a tenth."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")
STEPS = 10


class Progress:
    """Tells of steps; `stream` is where (default: standard error)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._moves = self._stream.isatty()

    def over(self, what: str, items: Sequence[T]) -> Iterator[T]:
        """Yield `items`, telling how many are done."""
        return self.count(what, items, len(items))

    def count(self, what: str, items: Iterable[T], total: int) -> Iterator[T]:
        """Yield `items`, of which there are `total`."""
        told = 0
        for done, item in enumerate(items):
            if self._moves or not done:
                self._tell(f"{what}: {done} of {total}")
            elif done * STEPS // total > told:
                told = done * STEPS // total
                self._tell(f"{what}: {done} of {total}")
            yield item
        self._tell(f"{what}: {total} of {total}", last=True)

    def note(self, line: str) -> None:
        """Tell one thing."""
        self._tell(line, last=True)

    def _tell(self, text: str, *, last: bool = False) -> None:
        start, end = ("\r\x1b[K", "\n" if last else "") if self._moves else ("", "\n")
        print(f"{start}{text}", end=end, file=self._stream, flush=True)
