"""The STUN and TURN servers of a call, and names for the site's own relay that expire.

The relay and the gateway share a secret, and no user is kept anywhere: the name is when it expires and what
tells calls of one second apart, since the relay bounds what one name may hold; the password is its HMAC-SHA1
under the secret (draft-uberti-behave-turn-rest-00; coturn's `use-auth-secret`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

from pydantic import SecretStr

from antiphon.errors import Misconfigured
from server.access.secret_file import read
from server.webrtc.settings import IceServer, WebRtcSettings

# coturn asks again whenever an allocation is refreshed, so a name outlives the longest call; and one that
# leaks is worth nothing the day after.
LIFETIME_S = 86_400
NAME_BYTES = 4
REMEDY = "write there what the relay has for a secret"


class IceServers:
    """Made once a process; raises `Misconfigured` where the secret cannot be used."""

    def __init__(self, settings: WebRtcSettings) -> None:
        self._named = settings.ice_servers
        self._relays = settings.turn_urls
        self._secret = b""
        if not self._relays:
            return
        if settings.turn_secret_file is None:
            raise Misconfigured(
                "[webrtc] turn_urls needs turn_secret_file: the secret of the relay"
            )
        self._secret = read(settings.turn_secret_file, "TURN secret", REMEDY).encode()

    def current(self) -> tuple[IceServer, ...]:
        """Return what a call that begins now may use."""
        if not self._relays:
            return self._named
        # Unix time, since the relay reads it by its own clock.
        return (*self._named, self._relay(int(time.time()) + LIFETIME_S))

    def _relay(self, expires_s: int) -> IceServer:
        name = f"{expires_s}:{secrets.token_hex(NAME_BYTES)}"
        digest = hmac.new(self._secret, name.encode(), hashlib.sha1).digest()
        password = SecretStr(base64.b64encode(digest).decode())
        return IceServer(urls=self._relays, username=name, credential=password)
