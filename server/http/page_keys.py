"""How the page comes by a key: the one-time token in its address buys one, and one that is valid another."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from antiphon.errors import NotPermitted
from server.access.ephemeral_keys import MAX_LIFETIME_S
from server.access.grant import Grant, Holder
from server.access.keyring import Keyring
from server.access.page_tokens import PageTokens
from server.http.admission import admit
from server.http.body import read_object
from server.http.client_secrets import Describe, told

PAGE_KEY_PATH = "/v1/antiphon/page_key"
PAGE_TOKEN_PATH = "/v1/antiphon/page_token"


class PageKeys:
    """A page's keys last as long as they may, so that a tab survives a laptop's nap; it renews them."""

    def __init__(self, keyring: Keyring, tokens: PageTokens, describe: Describe) -> None:
        self._keyring = keyring
        self._tokens = tokens
        self._describe = describe
        self.router = APIRouter()
        self.router.add_api_route(
            PAGE_KEY_PATH, self.exchange, methods=["POST"], response_model=None
        )
        self.router.add_api_route(
            PAGE_TOKEN_PATH, self.issue_token, methods=["POST"], response_model=None
        )

    async def exchange(self, request: Request) -> JSONResponse:
        """Return a key for `{"token": …}` in the body, or else for the page's key in the header."""
        token = (await read_object(request)).get("token")
        grant = self._renewed(request) if token is None else self._bought(token)
        key = self._keyring.ephemeral.issue(grant, MAX_LIFETIME_S)
        return told(key, MAX_LIFETIME_S, self._describe(grant.updates))

    async def issue_token(self, request: Request) -> JSONResponse:
        """Return a token for the page's address, to whoever has the installation's key."""
        if admit(request, self._keyring).holder is not Holder.INSTALLATION:
            raise _not_enough("only the installation's key opens new pages")
        return JSONResponse({"token": self._tokens.issue()}, headers={"Cache-Control": "no-store"})

    def _bought(self, token: object) -> Grant:
        if not isinstance(token, str) or not self._tokens.spend(token):
            raise NotPermitted(
                "this address of the page was used already, or is too old: `antiphon page` prints a new "
                "one",
                reason="TOKEN_UNKNOWN",
            )
        return Grant(Holder.PAGE, secrets.token_hex(8))

    def _renewed(self, request: Request) -> Grant:
        grant = admit(request, self._keyring)
        if grant.holder is not Holder.PAGE:
            raise _not_enough("only a page renews its key here")
        return grant


def _not_enough(why: str) -> NotPermitted:
    return NotPermitted(why, reason="KEY_NOT_ENOUGH")
