"""Whose call it is, told to an engine by who passes calls on: those of one caller share one caller's turns.

A stream for each call would else be as good as a new caller for each.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from hashlib import blake2b

CALLER_METADATA = "antiphon-caller"

# So that nobody who reads a key can try addresses until one fits; another with each start.
_SECRET = secrets.token_bytes(32)
_KEY_BYTES = 16

Metadata = tuple[tuple[str, str], ...]


def by(caller: str) -> Metadata:
    """Return what says that a call is of `caller`, such as the address it came from, which it hides."""
    return (
        (
            CALLER_METADATA,
            blake2b(caller.encode(), key=_SECRET, digest_size=_KEY_BYTES).hexdigest(),
        ),
    )


def of(metadata: Iterable[tuple[str, str | bytes]] | None) -> bytes | None:
    """Return a key, of few bytes, of whose call it is; None where that is not said."""
    for key, value in metadata or ():
        if key == CALLER_METADATA and value:
            text = value.encode() if isinstance(value, str) else value
            return blake2b(text, digest_size=_KEY_BYTES).digest()
    return None
