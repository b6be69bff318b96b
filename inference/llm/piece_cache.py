"""Encodes only what is new in a conversation: text is cut at special tokens, and the pieces are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

# A conversation has two pieces a message; so these are the last hundred messages of a few callers.
KEPT_PIECES = 512
# Longer pieces are rare, and would make the bound above no bound on memory.
LONGEST_KEPT_CHARS = 4096

Encode = Callable[[str], Sequence[int]]


class PieceCache:
    """Gives the ids that `encode` gives."""

    def __init__(self, encode: Encode, special_tokens: Sequence[str]) -> None:
        self._encode_whole = encode
        self._encode_kept = lru_cache(KEPT_PIECES)(lambda text: tuple(encode(text)))
        longest_first = sorted(special_tokens, key=len, reverse=True)
        self._cut = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
        self._exact = bool(special_tokens) and self._try(special_tokens)

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`."""
        return self._encode_pieces(text) if self._exact else list(self._encode_whole(text))

    def _encode_pieces(self, text: str) -> list[int]:
        ids: list[int] = []
        for piece in self._cut.split(text):
            if piece:
                short = len(piece) <= LONGEST_KEPT_CHARS
                ids += self._encode_kept(piece) if short else self._encode_whole(piece)
        return ids

    def _try(self, special_tokens: Sequence[str]) -> bool:
        """Whether cutting changes nothing; to some tokenizers it matters what stands beside a token."""
        text = "".join(f" a {token} b\n{token}c  {token}\n" for token in special_tokens)
        return self._encode_pieces(text) == list(self._encode_whole(text))
