"""Server events, made with the `openai` package's models."""

from __future__ import annotations

import secrets
from typing import Any, TypeVar, get_args

from openai import BaseModel
from openai.types import realtime as oai

from antiphon.errors import AntiphonError, InvalidInput

E = TypeVar("E", bound=BaseModel)


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


def error(problem: AntiphonError) -> oai.RealtimeErrorEvent:
    """Return the `error` event for `problem`: the session goes on after it."""
    details = {
        "type": error_type(problem),
        "code": problem.reason.lower(),
        "message": problem.message,
        "param": problem.metadata.get("param") or None,
        "event_id": problem.metadata.get("event_id") or None,
    }
    return make(oai.RealtimeErrorEvent, error=details)


def error_type(problem: AntiphonError) -> str:
    """Return OpenAI's word for whose mistake `problem` is."""
    return "invalid_request_error" if isinstance(problem, InvalidInput) else "server_error"


def user_item(item_id: str, transcript: str) -> dict[str, Any]:
    """Return a conversation item that holds what the caller said."""
    content = [{"type": "input_audio", "transcript": transcript}]
    return _message(item_id, "user", content, "completed")


def assistant_item(item_id: str, text: str, *, audio: bool, status: str) -> dict[str, Any]:
    """Return a conversation item that holds (what is known of) a reply."""
    part = content_part(text, audio=audio)
    return _message(item_id, "assistant", [part] if text else [], status)


def content_part(text: str, *, audio: bool) -> dict[str, Any]:
    """Return the one content part of a reply."""
    return (
        {"type": "output_audio", "transcript": text}
        if audio
        else {"type": "output_text", "text": text}
    )


def _message(item_id: str, role: str, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "role": role,
        "status": status,
        "content": content,
    }
