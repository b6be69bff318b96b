"""`POST /v1/antiphon/ice_servers`: the STUN and TURN servers that a browser's call may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from server.access.keyring import Keyring
from server.http.admission import admit
from server.webrtc.settings import IceServer

ICE_SERVERS_PATH = "/v1/antiphon/ice_servers"

# Returns those of the moment.
Current = Callable[[], Sequence[IceServer]]


class IceServersRoute:
    """For any key, since any opens a session; a name at the relay is made with each answer, and expires."""

    def __init__(self, keyring: Keyring, current: Current) -> None:
        self._keyring = keyring
        self._current = current
        self.router = APIRouter()
        self.router.add_api_route(
            ICE_SERVERS_PATH, self.tell, methods=["POST"], response_model=None
        )

    async def tell(self, request: Request) -> JSONResponse:
        """Return `{"ice_servers": […]}`, each as the W3C's RTCIceServer; empty where none is set."""
        admit(request, self._keyring)
        told = [_as_w3c(server) for server in self._current()]
        return JSONResponse({"ice_servers": told}, headers={"Cache-Control": "no-store"})


def _as_w3c(server: IceServer) -> dict[str, object]:
    told: dict[str, object] = {"urls": list(server.urls)}
    if server.username is not None:
        told["username"] = server.username
    if server.credential is not None:
        told["credential"] = server.credential.get_secret_value()
    return told
