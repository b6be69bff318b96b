"""The OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from server.http.openai.documents import body_of, document, form_of, refusals


class Part(BaseModel):
    text: str


class Whole(BaseModel):
    part: Part


def routed(extra: dict[str, Any]) -> dict[str, Any]:
    async def route() -> None:
        return None

    router = APIRouter()
    router.add_api_route(
        "/x", route, methods=["POST"], responses=refusals(413), openapi_extra=extra
    )
    return document([router])


def test_a_body_and_the_models_in_it() -> None:
    told = routed(body_of(Whole))
    schema = told["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["part"] == {"$ref": "#/components/schemas/Part"}
    assert told["components"]["schemas"]["Part"]["required"] == ["text"]


def test_a_form_has_a_file() -> None:
    told = routed(form_of(Whole))
    content = told["paths"]["/x"]["post"]["requestBody"]["content"]
    schema = content["multipart/form-data"]["schema"]
    assert set(schema["properties"]) == {"part", "file"} and schema["required"] == ["file"]


def test_refusals_and_the_key() -> None:
    told = routed({})
    assert {"400", "401", "413", "501", "503"} <= set(told["paths"]["/x"]["post"]["responses"])
    assert told["security"] == [{"key": []}]
