"""`GET /v1/antiphon/load`: how full and how busy the gateway is, for whoever watches or scales it."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from antiphon.errors import InvalidInput
from antiphon.observability.loop_lag import KEPT_S
from server.access.keyring import Keyring
from server.http.admission import admit
from server.sessions import Sessions

LOAD_PATH = "/v1/antiphon/load"
DEFAULT_S = 10.0
SHOWN_RANKS = (50, 99, 100)


class LoadRoute:
    """For the installation's key only: how many others call is no caller's business."""

    def __init__(self, keyring: Keyring, sessions: Sessions) -> None:
        self._keyring = keyring
        self._sessions = sessions
        self.router = APIRouter()
        self.router.add_api_route(LOAD_PATH, self.tell, methods=["GET"], response_model=None)

    async def tell(self, request: Request) -> JSONResponse:
        """Return sessions, seats, and the loop's lag over the last `?over_s=` seconds."""
        admit(request, self._keyring).check_services()
        over_s = _over_s(request.query_params.get("over_s"))
        sessions = self._sessions
        return JSONResponse(
            {
                "sessions": sessions.held,
                "max_sessions": sessions.max_sessions,
                "draining": sessions.draining,
                "loop_lag_ms": _spread(sessions.lag.over_ms(over_s)),
            },
            headers={"Cache-Control": "no-store"},
        )


def _over_s(given: str | None) -> float:
    try:
        over_s = DEFAULT_S if given is None else float(given)
    except ValueError:
        over_s = 0.0
    if not 0 < over_s <= KEPT_S:
        raise InvalidInput(
            f"`over_s` is a number of seconds up to {KEPT_S:g}",
            reason="INVALID_FIELD",
            param="over_s",
        )
    return over_s


def _spread(late_ms: list[float]) -> dict[str, Any]:
    if not late_ms:
        return {}
    found = np.percentile(late_ms, SHOWN_RANKS)
    return dict(zip(("p50", "p99", "max"), (round(float(ms), 3) for ms in found), strict=True))
