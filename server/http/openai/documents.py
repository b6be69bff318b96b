"""What the OpenAPI document says of a route beside its path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel


class Problem(BaseModel):
    """What is wrong; `param` names the field, `code` is for programs and `message` for people."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str


class Refusal(BaseModel):
    """The body of every refusal."""

    error: Problem


_SAID = {
    400: "The request cannot be used",
    401: "No key, or not the installation's",
    404: "There is nothing of that name",
    413: "The body is over its bound",
    500: "An error that nobody foresaw",
    501: "The engine that is configured cannot do this",
    503: "Full, or a service is down; try again after `Retry-After` seconds",
}
_ALWAYS = (400, 401, 500, 501, 503)


def refusals(*others: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses that every route may refuse with, and `others`."""
    return {
        status: {"model": Refusal, "description": _SAID[status]}
        for status in sorted({*_ALWAYS, *others})
    }


def body_of(model: type[BaseModel], media_type: str = "application/json") -> dict[str, Any]:
    """Return the request body that `model` reads; routes read it themselves, to bound it."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def form_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the request body that is a form with the fields of `model`, and a `file`."""
    body = body_of(model, "multipart/form-data")
    schema = body["requestBody"]["content"]["multipart/form-data"]["schema"]
    schema["properties"]["file"] = {"type": "string", "format": "binary"}
    schema["required"] = ["file"]
    return body


def document(routers: Iterable[APIRouter]) -> dict[str, Any]:
    """Return the OpenAPI document of `routers`."""
    told = get_openapi(
        title="Antiphon",
        version="1",
        description="OpenAI's HTTP API for the pieces of a conversation.",
        routes=[route for router in routers for route in router.routes],
    )
    components = told["components"]
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    told["security"] = [{"key": []}]
    for path in told["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                components["schemas"] |= content["schema"].pop("$defs", {})
    return told
