"""Client events: JSON text to the `openai` package's models."""

from __future__ import annotations

import json
from typing import Any, get_args

from openai import BaseModel
from openai.types.realtime import RealtimeClientEvent
from pydantic import ValidationError

from antiphon.errors import InvalidInput


def _models() -> dict[str, type[BaseModel]]:
    union = get_args(RealtimeClientEvent)[0]
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(union)}


MODELS = _models()


def parse(text: str) -> BaseModel:
    """Return the event in `text`.

    Fields that the model does not know are tolerated. Raises `InvalidInput` with metadata `param`,
    the path of the field that is wrong, and `event_id`, the client's own, where it gave one.
    """
    raw = _object(text)
    event_id = str(raw.get("event_id", ""))
    kind = raw.get("type")
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        known = ", ".join(sorted(MODELS))
        raise InvalidInput(
            f"unknown event type; known are {known}",
            reason="UNKNOWN_EVENT",
            param="type",
            event_id=event_id,
        )
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"] if not _is_model_name(part))
        raise InvalidInput(
            f"{kind}: {path}: {first['msg']}",
            reason="INVALID_FIELD",
            param=path,
            event_id=event_id,
        ) from None


def _object(text: str) -> dict[str, Any]:
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise InvalidInput("an event must be a JSON object", reason="INVALID_JSON") from None
    if not isinstance(raw, dict):
        raise InvalidInput("an event must be a JSON object", reason="INVALID_JSON")
    return raw


def _is_model_name(part: int | str) -> bool:
    # pydantic names the member of a union that it tried, which is no field of the event.
    return isinstance(part, str) and part[:1].isupper()
