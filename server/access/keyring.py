"""Judges the key that a caller shows, over whatever transport."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from antiphon.errors import NotPermitted
from server.access.ephemeral_keys import EphemeralKeys
from server.access.grant import Grant, Holder
from server.access.installation_key import METADATA_NAME
from server.door import UNWATCHED, Door, KeyShown

SCHEME = "bearer "


class Keyring:
    """Knows the installation's key and all ephemeral ones; `door` is told of any other."""

    def __init__(self, installation_key: str, door: Door = UNWATCHED) -> None:
        self._installation_key = installation_key.encode()
        self.ephemeral = EphemeralKeys()
        self._door = door

    def check(self, authorization: str | None) -> Grant:
        """Return what the key in an `Authorization` header allows; raise `NotPermitted` if nothing."""
        if authorization is None:
            self._door.denied(KeyShown.MISSING)
            raise NotPermitted(
                "this needs a key: send `authorization: Bearer KEY`, with the key that was made when the "
                "appliance first started or an ephemeral one"
            )
        scheme, key = authorization[: len(SCHEME)], authorization[len(SCHEME) :]
        grant = self._find(key) if scheme.lower() == SCHEME else None
        if grant is None:
            self._door.denied(KeyShown.UNKNOWN)
            raise NotPermitted("the key is not known here, or has expired", reason="KEY_UNKNOWN")
        return grant

    def check_metadata(self, metadata: Iterable[tuple[str, str | bytes]] | None) -> Grant:
        """Do the same with the metadata of a gRPC call."""
        shown = next((value for name, value in metadata or () if name == METADATA_NAME), None)
        return self.check(None if shown is None else str(shown))

    def _find(self, key: str) -> Grant | None:
        if hmac.compare_digest(key.encode("utf-8", "surrogateescape"), self._installation_key):
            return Grant(Holder.INSTALLATION, owner="")
        return self.ephemeral.find(key)
