"""`POST /v1/realtime/client_secrets`: a key for a browser, with the session that it may begin."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter
from openai.types import realtime as oai
from openai.types.realtime import ClientSecretCreateResponse
from starlette.requests import Request
from starlette.responses import JSONResponse

from antiphon.errors import InvalidInput, NotPermitted
from server.access.ephemeral_keys import DEFAULT_LIFETIME_S, MAX_LIFETIME_S, MIN_LIFETIME_S
from server.access.grant import Grant, Holder
from server.access.keyring import Keyring
from server.http.admission import admit
from server.http.body import read_object
from server.http.realtime.opening import update_from

Describe = Callable[[Iterable[oai.SessionUpdateEvent]], dict[str, Any]]


class ClientSecrets:
    """Only the installation's own key makes others: an ephemeral one would otherwise live for ever."""

    def __init__(self, keyring: Keyring, describe: Describe) -> None:
        self._keyring = keyring
        self._describe = describe
        self.router = APIRouter()
        self.router.add_api_route(
            "/v1/realtime/client_secrets", self.create, methods=["POST"], response_model=None
        )

    async def create(self, request: Request) -> JSONResponse:
        """Return a key."""
        if admit(request, self._keyring).holder is not Holder.INSTALLATION:
            raise NotPermitted(
                "an ephemeral key makes no others: use the installation's key",
                reason="KEY_NOT_ENOUGH",
            )
        asked = await read_object(request)
        lifetime_s = _lifetime_s(asked.get("expires_after"))
        session = asked.get("session")
        updates = () if session is None else (update_from(session),)
        effective = self._describe(updates)
        grant = Grant(Holder.CLIENT, secrets.token_hex(8), updates)
        return told(self._keyring.ephemeral.issue(grant, lifetime_s), lifetime_s, effective)


def told(key: str, lifetime_s: float, session: dict[str, Any]) -> JSONResponse:
    """Return the response that hands over `key`."""
    # By the wall clock, as OpenAI's clients expect; that it is over is judged by another.
    expires_at = round(time.time() + lifetime_s)
    response = ClientSecretCreateResponse.model_validate(
        {"value": key, "expires_at": expires_at, "session": session}
    )
    return JSONResponse(
        response.model_dump(exclude_none=True), headers={"Cache-Control": "no-store"}
    )


def _lifetime_s(expires_after: Any) -> float:
    if expires_after is None:
        return DEFAULT_LIFETIME_S
    if not isinstance(expires_after, dict):
        raise _wrong("expires_after", "no object with `anchor` and `seconds`")
    if expires_after.get("anchor", "created_at") != "created_at":
        raise _wrong("expires_after.anchor", "only `created_at` is known")
    seconds = expires_after.get("seconds", DEFAULT_LIFETIME_S)
    if not isinstance(seconds, int) or not MIN_LIFETIME_S <= seconds <= MAX_LIFETIME_S:
        raise _wrong(
            "expires_after.seconds", f"no whole number from {MIN_LIFETIME_S} to {MAX_LIFETIME_S}"
        )
    return seconds


def _wrong(param: str, why: str) -> InvalidInput:
    return InvalidInput(f"{param}: {why}", reason="INVALID_FIELD", param=param)
