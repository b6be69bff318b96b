"""Client events: JSON text to the `openai` package's models."""

from __future__ import annotations

from collections import deque
from typing import Any, get_args

from openai import BaseModel
from openai.types import realtime as oai
from openai.types.realtime import RealtimeClientEvent
from pydantic import ValidationError
from pydantic_core import from_json

from antiphon.errors import InvalidInput
from server.realtime.wrong_field import wrong_field

# OpenAI's bound on the identifier that a client may give its event.
MAX_EVENT_ID_CHARS = 512
# A conversation of 1000 items has 8000. Of more, all wrong, the models would complain for seconds.
MAX_ENTRIES = 20_000


class ResponseParams(oai.RealtimeResponseCreateParams):
    """What a response may be asked to be: its input may refer to items, which the package leaves out."""

    input: list[oai.ConversationItem | oai.ResponseItemReference] | None = None  # type: ignore[assignment]


class ResponseCreate(oai.ResponseCreateEvent):
    """`response.create`."""

    response: ResponseParams | None = None


def _models() -> dict[str, type[BaseModel]]:
    union = get_args(RealtimeClientEvent)[0]
    models = (*get_args(union), ResponseCreate)
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


MODELS = _models()


def parse(text: str) -> BaseModel:
    """Return the event in `text`.

    Fields that the model does not know are tolerated. Raises `InvalidInput` with metadata `param`,
    the path of the field that is wrong, and `event_id`, the client's own, where it gave one.
    """
    raw = _object(text)
    event_id = _short(raw.get("event_id"))
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
        path, problem = wrong_field(error)
        raise InvalidInput(
            f"{kind}: {path}: {problem}",
            reason="INVALID_FIELD",
            param=path,
            event_id=event_id,
        ) from None


def event_id(event: BaseModel) -> str:
    """Return the identifier that the client gave `event`, or nothing."""
    return _short(getattr(event, "event_id", None))


def _object(text: str) -> dict[str, Any]:
    try:
        # Not the standard library's: that one accepts NaN and half surrogate pairs, which nothing after
        # it can send on. Half a pair can stand in the text itself too.
        raw = from_json(text.encode("utf-8", "surrogatepass"), allow_inf_nan=False)
    except ValueError:
        raise InvalidInput("an event must be a JSON object", reason="INVALID_JSON") from None
    if not isinstance(raw, dict):
        raise InvalidInput("an event must be a JSON object", reason="INVALID_JSON")
    if _entries(raw) > MAX_ENTRIES:
        raise InvalidInput(
            f"an event holds at most {MAX_ENTRIES} fields and list entries",
            reason="EVENT_TOO_LARGE",
            event_id=_short(raw.get("event_id")),
        )
    return raw


def _entries(raw: dict[str, Any]) -> int:
    """Return how many fields and list entries there are at all depths, or some number that is too many."""
    found, left = 0, deque[Any]([raw])
    while left and found <= MAX_ENTRIES:
        within = left.pop()
        found += len(within)
        if found <= MAX_ENTRIES:
            entries = within.values() if isinstance(within, dict) else within
            left.extend(each for each in entries if isinstance(each, dict | list))
    return found


def _short(given: object) -> str:
    return given[:MAX_EVENT_ID_CHARS] if isinstance(given, str) else ""
