"""Tokens that stand in the address of the page, each for one exchange against an ephemeral key.

An address is copied, mailed and kept in a browser's history: what is in it must be worthless once used.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets

TOKEN_BYTES = 24
# Printed in the morning, it opens the page until the next.
LIFETIME_S = 24 * 3600.0
# Addresses that were printed and never opened; the oldest gives way.
MAX_TOKENS = 64


class PageTokens:
    """Keeps digests of tokens, in the order in which they were issued."""

    def __init__(self) -> None:
        self._expires_s: dict[bytes, float] = {}

    def issue(self) -> str:
        """Return a new token."""
        while len(self._expires_s) >= MAX_TOKENS:
            del self._expires_s[next(iter(self._expires_s))]
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._expires_s[_digest(token)] = _now() + LIFETIME_S
        return token

    def spend(self, token: str) -> bool:
        """Return whether `token` is good; it is not a second time."""
        return _now() < self._expires_s.pop(_digest(token), 0.0)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _now() -> float:
    return asyncio.get_running_loop().time()
