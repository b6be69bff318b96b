"""Whether the gateway lives, and whether callers are served; open to everybody, as gRPC's health is."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from server.engines.services import Pulses
from server.sessions import Sessions

LIVE_PATH = "/livez"
# The second name is the older one.
READY_PATHS = ("/readyz", "/healthz")


class Health:
    """Says at once that an engine is away or that the gateway drains, so that nobody is sent any more."""

    def __init__(self, sessions: Sessions, pulses: Pulses) -> None:
        self._sessions = sessions
        self._pulses = pulses
        self.router = APIRouter()
        self.router.add_api_route(LIVE_PATH, self.live, methods=["GET"], response_model=None)
        for path in READY_PATHS:
            self.router.add_api_route(path, self.ready, methods=["GET"], response_model=None)

    async def live(self) -> JSONResponse:
        """Return 200: the loop turns, or nobody would."""
        return JSONResponse({"status": "ok"})

    async def ready(self) -> JSONResponse:
        """Return 200, or 503 where nobody new is let in any more, or engines are missing."""
        if self._sessions.draining:
            return JSONResponse({"status": "draining"}, 503)
        if missing := self._pulses.missing:
            return JSONResponse({"status": "not ready", "missing": missing}, 503)
        return JSONResponse({"status": "ok"})
