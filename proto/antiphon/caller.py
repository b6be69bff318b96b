"""Whose call it is, told to an engine by who passes calls on: those of one caller share one caller's turns.

A stream for each call would else be as good as a new caller for each, and so would a connection: a caller is
the host from which the calls come.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from hashlib import blake2b

CALLER_METADATA = "antiphon-caller"

# So that nobody who reads a key can try addresses until one fits; another with each start.
_SECRET = secrets.token_bytes(32)
_KEY_BYTES = 16
# Of `ipv4:127.0.0.1:50000` and `ipv6:[::1]:50000`, as gRPC has them.
_HOST = re.compile(r"(?<=^ipv[46]:).*(?=:\d+$)")

Metadata = tuple[tuple[str, str], ...]


def by(caller: str) -> Metadata:
    """Return what says that a call is of `caller`, a host or gRPC's name of a peer, which it hides."""
    host = _HOST.search(caller)
    known = host.group() if host else caller
    digest = blake2b(known.encode(), key=_SECRET, digest_size=_KEY_BYTES)
    return ((CALLER_METADATA, digest.hexdigest()),)


def of(metadata: Iterable[tuple[str, str | bytes]] | None) -> bytes | None:
    """Return a key, of few bytes, of whose call it is; None where that is not said."""
    for key, value in metadata or ():
        if key == CALLER_METADATA and value:
            text = value.encode() if isinstance(value, str) else value
            return blake2b(text, digest_size=_KEY_BYTES).digest()
    return None
