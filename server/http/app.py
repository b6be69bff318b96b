"""The application: what is served over HTTP, put together."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from server.access.keyring import Keyring
from server.access.page_tokens import PageTokens
from server.engines.services import Pulses
from server.http.client_secrets import ClientSecrets, Describe
from server.http.errors import Guard, refuse
from server.http.health import Health
from server.http.ice_servers import Current, IceServersRoute
from server.http.load import LoadRoute
from server.http.page_files import PageFiles
from server.http.page_keys import PageKeys
from server.http.realtime.call_routes import CallRoutes
from server.http.realtime.calls import Calls
from server.http.realtime.opening import RESUME_HEADER
from server.http.realtime.sockets import Sockets
from server.sessions import Sessions

# What a client from elsewhere may read of an answer, and send with a request.
EXPOSED = ["Location", "Retry-After", "Date"]
# npm `@openai/agents-realtime` 0.20, openaiRealtimeWebRtc.mjs: with the offer of each call.
AGENTS = ["x-openai-agents-sdk"]
# npm `openai` 7.57 in a browser, client.mjs `buildHeaders` and internal/detect-platform.mjs: with each
# request, but for the helper's method (with `stream` and the like), and organization and project where set.
OPENAI = [
    "openai-organization",
    "openai-project",
    "x-stainless-arch",
    "x-stainless-helper-method",
    "x-stainless-lang",
    "x-stainless-os",
    "x-stainless-package-version",
    "x-stainless-retry-count",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
    "x-stainless-timeout",
]
ALLOWED = [
    "authorization",
    "content-type",
    RESUME_HEADER,
    "openai-beta",
    "openai-safety-identifier",
    *AGENTS,
    *OPENAI,
]


def build(
    keyring: Keyring,
    sessions: Sessions,
    calls: Calls,
    describe: Describe,
    cors_origins: tuple[str, ...] = (),
    apis: Iterable[APIRouter] = (),
    ice_servers: Current = tuple,
    pulses: Pulses | None = None,
) -> FastAPI:
    """Return the application, with the routes of `apis` beside those of sessions.

    `ice_servers` returns those that browsers are told; by default none.
    """
    # FastAPI's own pages about an API load their scripts from elsewhere.
    app = FastAPI(title="Antiphon", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(HTTPException, refuse)
    app.add_middleware(Guard)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
        )
    for part in (
        Health(sessions, pulses or Pulses()),
        LoadRoute(keyring, sessions),
        ClientSecrets(keyring, describe),
        PageKeys(keyring, PageTokens(), describe),
        IceServersRoute(keyring, ice_servers),
        CallRoutes(keyring, calls),
        Sockets(keyring, sessions, calls),
    ):
        app.include_router(part.router)
    for router in apis:
        app.include_router(router)
    app.mount("/", PageFiles())
    return app
