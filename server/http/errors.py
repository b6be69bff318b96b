"""Errors as OpenAI's HTTP responses."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.errors import RETRY_AFTER_S, AntiphonError, NotPermitted
from antiphon.failures import understand

UNAVAILABLE = 503


def respond(problem: AntiphonError) -> JSONResponse:
    """Return the response that tells `problem`."""
    headers = {}
    if problem.http_status == UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(problem, NotPermitted):
        headers["WWW-Authenticate"] = "Bearer"
    return _response(
        problem.http_status,
        problem.message,
        problem.reason.lower(),
        problem.metadata.get("param"),
        headers,
    )


async def refuse(_: Request, error: Exception) -> Response:
    """Return the response to a request that finds no route; a handler of Starlette's."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return _response(error.status_code, error.detail, "not_found", None, headers)


def _response(
    status: int, message: str, code: str, param: str | None, headers: dict[str, str]
) -> JSONResponse:
    details = {
        "message": message,
        "type": "server_error" if status >= 500 else "invalid_request_error",
        "param": param,
        "code": code,
    }
    return JSONResponse({"error": details}, status, headers)


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
