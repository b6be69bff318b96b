"""What the routes share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from antiphon.in_flight import stopping
from server.access.keyring import Keyring
from server.engines.guests import Guests
from server.engines.services import Services
from server.http.admission import admit
from server.sessions import Sessions
from server.settings import AgentSettings


@dataclass(frozen=True, slots=True)
class Desk:
    """Who asks is let in here; what they ask goes to `services`, a place among `guests` at a time."""

    keyring: Keyring
    sessions: Sessions
    services: Services
    guests: Guests
    agent: AgentSettings

    def admit(self, request: Request) -> None:
        """Raise `NotPermitted` without the installation's key, `Unavailable` while the gateway stops."""
        admit(request, self.keyring).check_services()
        if self.sessions.draining:
            raise stopping()
