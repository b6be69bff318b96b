"""Requests as values, refused by the name of what is wrong in them; what was sent is never repeated."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from antiphon.errors import InvalidInput
from server.http.body import read


class Asked(BaseModel):
    """A request, or an object in one; fields that are not known are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, frozen=True)


A = TypeVar("A", bound=Asked)

_FIELD = re.compile(r"[a-z_]+(\[\])?")


async def read_json(request: Request, model: type[A], most_bytes: int) -> A:
    """Return the JSON in the body; raise `InvalidInput`, 413 where it is over `most_bytes`."""
    try:
        return model.model_validate_json(await read(request, most_bytes))
    except ValidationError as error:
        raise refusal(error) from None


def from_fields(model: type[A], fields: dict[str, Any]) -> A:
    """Return what the fields of a form say; raise `InvalidInput`."""
    try:
        return model.model_validate(fields, strict=False)
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError) -> InvalidInput:
    """Return the first thing that is wrong."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid" or not first["loc"]:
        return InvalidInput("the body must be a JSON object", reason="INVALID_JSON")
    param = ".".join(str(part) for part in first["loc"] if _is_field(part))
    return InvalidInput(f"{param}: {first['msg']}", reason="INVALID_FIELD", param=param)


def _is_field(part: str | int) -> bool:
    """Return whether a step to what is wrong is a field, and not a type of several that it may have."""
    return isinstance(part, int) or (part != "str" and _FIELD.fullmatch(part) is not None)
