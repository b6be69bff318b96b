"""Token ids to text as they come, never half a character."""

from __future__ import annotations

from collections.abc import Callable, Sequence

REPLACEMENT = "\ufffd"  # what a decoder writes for bytes that are no character, or not yet one

Decode = Callable[[Sequence[int]], str]


class Detokeniser:
    """Gives out the text that each token adds.

    A token's text depends on its neighbours (a leading space, a character of several tokens), so
    each step decodes a short window: the tokens given out last and those not yet given out. Their
    difference is the new text.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._given: list[int] = []
        self._pending: list[int] = []

    def feed(self, token: int) -> str:
        """Return the text that is now certain, which is empty in the middle of a character."""
        self._pending.append(token)
        before = self._decode(self._given)
        after = self._decode([*self._given, *self._pending])
        if len(after) <= len(before) or after.endswith(REPLACEMENT):
            return ""
        self._given, self._pending = self._pending, []
        return after[len(before) :]
