"""Ends text before the first match of a stop text, though it may come in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class Stops:
    """Lets text through that can no longer be part of a stop text."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.met = False

    def feed(self, text: str) -> str:
        """Return what may be given out now; after a match, nothing any more."""
        if self.met:
            return ""
        text = self._held + text
        if (start := self._first_match(text)) is not None:
            self.met, self._held = True, ""
            return text[:start]
        keep = len(text) - self._possible_start(text)
        self._held = text[keep:]
        return text[:keep]

    def close(self) -> str:
        """Return what was held back and turned out to be no stop text."""
        held, self._held = self._held, ""
        return held

    def _first_match(self, text: str) -> int | None:
        """Start of the match that ends first, so that it does not matter in which pieces text comes."""
        found = [
            (start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0
        ]
        return min(found)[1] if found else None

    def _possible_start(self, text: str) -> int:
        """Length of the longest end of `text` with which some stop text begins."""
        longest = max((len(stop) for stop in self._stops), default=0) - 1
        for length in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stops):
                return length
        return 0
