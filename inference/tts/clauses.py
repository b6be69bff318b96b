"""Cuts text into clauses as it arrives, holding back whatever the next piece could still change."""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = re.compile(r"[.?!,;:](?=\s)")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the call's text that is spoken in one breath, and where it begins."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """First code point after it."""
        return self.start + len(self.text)


class Clauser:
    """Feed it text; it returns the clauses that are complete."""

    def __init__(self) -> None:
        self._held = ""
        self._start = 0

    def feed(self, text: str) -> list[Clause]:
        """Return the clauses whose end is known after `text`."""
        self._held += text
        clauses: list[Clause] = []
        while found := _END.search(self._held):
            clauses.append(self._cut(found.end()))
        return clauses

    def flush(self) -> list[Clause]:
        """Return what was held back."""
        return [self._cut(len(self._held))] if self._held else []

    def _cut(self, length: int) -> Clause:
        clause = Clause(self._held[:length], self._start)
        self._held = self._held[length:]
        self._start += length
        return clause
