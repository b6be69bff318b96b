"""Keys that live for minutes, so that a browser need not know the installation's own.

They are in this process's memory alone: a restart ends them, as it ends the sessions.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass

from antiphon.errors import Exhausted
from server.access.grant import Grant

# OpenAI's prefix: some clients look for it.
KEY_PREFIX = "ek_"
KEY_BYTES = 32
# OpenAI's bounds and default.
MIN_LIFETIME_S = 10
MAX_LIFETIME_S = 7200
DEFAULT_LIFETIME_S = 600
# One for each caller of the largest appliance within its first ten minutes; with a session's settings
# of at most 64 KiB each, 64 MiB.
MAX_KEYS = 1000


@dataclass(frozen=True, slots=True)
class _Issued:
    grant: Grant
    expires_s: float


class EphemeralKeys:
    """Keeps digests, not keys: how long a look-up takes tells nothing about a key."""

    def __init__(self) -> None:
        self._issued: dict[bytes, _Issued] = {}

    def issue(self, grant: Grant, lifetime_s: float) -> str:
        """Return a new key for `grant`; raise `Exhausted` where there are too many."""
        self._forget_expired()
        if len(self._issued) >= MAX_KEYS:
            raise Exhausted(
                f"{MAX_KEYS} ephemeral keys are in use; wait until some expire, or issue shorter ones",
                reason="KEYS_FULL",
            )
        key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
        self._issued[_digest(key)] = _Issued(grant, _now() + lifetime_s)
        return key

    def find(self, key: str) -> Grant | None:
        """Return what `key` allows, or None where it is unknown or has expired."""
        issued = self._issued.get(_digest(key))
        return issued.grant if issued is not None and _now() < issued.expires_s else None

    def _forget_expired(self) -> None:
        now_s = _now()
        self._issued = {
            digest: issued for digest, issued in self._issued.items() if now_s < issued.expires_s
        }


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def _now() -> float:
    return asyncio.get_running_loop().time()
