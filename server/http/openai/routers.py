"""All routes of this API, and the document that describes them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from server.http.openai.chat import ChatRoute
from server.http.openai.desk import Desk
from server.http.openai.documents import document
from server.http.openai.models import ModelRoutes
from server.http.openai.speech import SpeechRoute
from server.http.openai.transcriptions import TranscriptionRoute

DOCUMENT_PATH = "/openapi.json"


def routers(desk: Desk) -> list[APIRouter]:
    """Return them; the document is open to everybody, since it is the same everywhere."""
    parts = [
        TranscriptionRoute(desk).router,
        SpeechRoute(desk).router,
        ChatRoute(desk).router,
        ModelRoutes(desk).router,
    ]
    told = document(parts)

    async def describe(_: Request) -> JSONResponse:
        """Return the document."""
        return JSONResponse(told)

    beside = APIRouter()
    beside.add_api_route(DOCUMENT_PATH, describe, response_model=None)
    return [*parts, beside]
