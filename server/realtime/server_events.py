"""Server events, made with the `openai` package's models."""

from __future__ import annotations

import secrets
from typing import Any, Literal, TypeVar, get_args

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import AntiphonError

E = TypeVar("E", bound=BaseModel)

# What a session sets of the recogniser, by the reasons for which that one refuses it.
PARAMS = {
    "LANGUAGE": "session.audio.input.transcription.language",
    "SIMULATION": "session.antiphon.simulation",
}


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as `item_3f2a…`."""
    return f"{prefix}_{secrets.token_hex(12)}"


def make(model: type[E], **fields: Any) -> E:
    """Return an event of `model` with its type and a fresh event_id filled in."""
    kind = get_args(model.model_fields["type"].annotation)[0]
    return model.model_validate({"type": kind, "event_id": new_id("event"), **fields})


def to_json(event: BaseModel) -> str:
    """Return the event as the JSON text that goes over the wire."""
    return event.model_dump_json(exclude_none=True)


class StateEvent(BaseModel):
    """An event of Antiphon's own: `listening`, `thinking`, `speaking` or, as its last, `ended`."""

    type: Literal["antiphon.state"]
    event_id: str
    state: str


def state(now: str) -> StateEvent:
    """Return the event that tells what the agent does from now on."""
    return make(StateEvent, state=now)


class HeardEvent(BaseModel):
    """An event of Antiphon's own: what the caller has heard of a reply so far."""

    type: Literal["antiphon.response.heard"]
    event_id: str
    response_id: str
    item_id: str
    text: str


def error(problem: AntiphonError) -> oai.RealtimeErrorEvent:
    """Return the `error` event for `problem`: the session goes on after it."""
    told = details(problem) | {
        "param": problem.metadata.get("param") or PARAMS.get(problem.reason),
        "event_id": problem.metadata.get("event_id") or None,
    }
    return make(oai.RealtimeErrorEvent, error=told)


def details(problem: AntiphonError) -> dict[str, Any]:
    """Return what is said of `problem` wherever it is told."""
    return {
        "type": error_type(problem),
        "code": problem.reason.lower(),
        "message": problem.message,
    }


def error_type(problem: AntiphonError) -> str:
    """Return OpenAI's word for whose mistake `problem` is."""
    return "server_error" if problem.is_servers else "invalid_request_error"
