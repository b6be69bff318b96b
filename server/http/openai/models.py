"""`GET /v1/models`: what the engines run, and `antiphon`, which is all of them in a conversation."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter
from openai.types import Model
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from antiphon.errors import AntiphonError, NotFound
from server.engines.inquiry import info
from server.http.openai.desk import Desk
from server.http.openai.documents import refusals
from server.realtime.session_config import MODEL

MODELS_PATH = "/v1/models"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[Model]


class ModelRoutes:
    """An engine that is down is left out of the list: what it runs cannot be asked for now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.router = APIRouter()
        self.router.add_api_route(
            MODELS_PATH, self.list_all, response_model=None, responses=_documented(ModelList)
        )
        self.router.add_api_route(
            f"{MODELS_PATH}/{{model_id}}",
            self.retrieve,
            response_model=None,
            responses=_documented(Model) | refusals(404),
        )

    async def list_all(self, request: Request) -> JSONResponse:
        """Return every model."""
        self._desk.admit(request)
        return _told(ModelList(data=await self._models()))

    async def retrieve(self, model_id: str, request: Request) -> JSONResponse:
        """Return one model."""
        self._desk.admit(request)
        for model in await self._models():
            if model.id == model_id:
                return _told(model)
        raise NotFound(
            "there is no such model; `GET /v1/models` lists them",
            reason="MODEL_NOT_FOUND",
            param="model",
        )

    async def _models(self) -> list[Model]:
        services = self._desk.services
        found = await asyncio.gather(
            _name(services.recognizer),
            _name(services.generator),
            _name(services.synthesizer),
        )
        return [_model(name) for name in dict.fromkeys([MODEL, *filter(None, found)])]


async def _name(stub: Any) -> str:
    try:
        return (await info(stub, "engine")).model
    except AntiphonError:
        return ""


def _model(name: str) -> Model:
    # When it was made is not known.
    return Model(id=name, created=0, object="model", owned_by=MODEL)


def _told(answer: BaseModel) -> JSONResponse:
    return JSONResponse(answer.model_dump(exclude_none=True))


def _documented(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return refusals() | {200: {"model": model}}
