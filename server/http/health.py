"""`GET /healthz`: whether callers are served; open to everybody, as gRPC's health is."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from server.sessions import Sessions


class Health:
    """Says at once that the gateway drains, so that whoever balances load sends nobody any more."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.router = APIRouter()
        self.router.add_api_route("/healthz", self.tell, methods=["GET"], response_model=None)

    async def tell(self) -> JSONResponse:
        """Return 200, or 503 where nobody new is let in any more."""
        if self._sessions.draining:
            return JSONResponse({"status": "draining"}, 503)
        return JSONResponse({"status": "ok"})
