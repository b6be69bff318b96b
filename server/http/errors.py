"""Errors as OpenAI's HTTP responses."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.errors import RETRY_AFTER_S, AntiphonError, NotPermitted, Unsupported
from antiphon.failures import understand

UNAVAILABLE = 503


def respond(problem: AntiphonError) -> JSONResponse:
    """Return the response that tells `problem`."""
    headers = {}
    if problem.http_status == UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(problem, NotPermitted):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, Unsupported):
        # OpenAI's clients try whatever is 500 or more again, unless they are told not to.
        headers["x-should-retry"] = "false"
    return JSONResponse(as_json(problem), problem.http_status, headers)


def as_json(problem: AntiphonError) -> dict[str, Any]:
    """Return the body that tells `problem`."""
    status, code = problem.http_status, problem.reason.lower()
    return _body(status, problem.message, code, problem.metadata.get("param"))


async def refuse(_: Request, error: Exception) -> Response:
    """Return the response to a request that finds no route; a handler of Starlette's."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    body = _body(error.status_code, error.detail, "not_found", None)
    return JSONResponse(body, error.status_code, headers)


def _body(status: int, message: str, code: str, param: str | None) -> dict[str, Any]:
    details = {
        "message": message,
        "type": "server_error" if status >= 500 else "invalid_request_error",
        "param": param,
        "code": code,
    }
    return {"error": details}


class Guard:
    """Middleware: whatever a request fails with becomes a response, and no text of it a log line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the boundary of a request
            problem = understand(error, "a request")
            if scope["type"] == "http" and not begun:
                await respond(problem)(scope, receive, send)
