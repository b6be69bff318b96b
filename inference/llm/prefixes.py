"""Which beginnings of prompts are worth keeping computed, in a cache from which nothing can be taken out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

# Beginnings seen once; conversations whose instructions name the caller are seen once and never again.
MAX_SEEN = 64


class Prefixes:
    """Decides what is kept: beginnings that were asked for or came twice, as long as there is room."""

    def __init__(self, max_tokens: int) -> None:
        self._room = max_tokens
        self._kept: set[tuple[int, ...]] = set()
        self._seen: OrderedDict[tuple[int, ...], None] = OrderedDict()

    def kept(self, prefix: Sequence[int]) -> bool:
        """Whether `prefix` is in the cache already."""
        return tuple(prefix) in self._kept

    def keep(self, prefix: Sequence[int], *, wanted: bool = False) -> bool:
        """Return whether to compute `prefix` through the cache; if so, it is in there from then on."""
        found = tuple(prefix)
        if found in self._kept:
            return True
        if not found or len(found) > self._room or not (wanted or self._seen_before(found)):
            return False
        self._kept.add(found)
        self._room -= len(found)
        return True

    def _seen_before(self, prefix: tuple[int, ...]) -> bool:
        if prefix in self._seen:
            return True
        self._seen[prefix] = None
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return False
