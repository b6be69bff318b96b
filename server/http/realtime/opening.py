"""What a client asks for as it connects, read from query, headers and JSON."""

from __future__ import annotations

import json
from typing import Any

from openai.types import realtime as oai
from starlette.requests import HTTPConnection

from antiphon.errors import InvalidInput
from server.access.grant import Grant
from server.realtime import client_events
from server.sessions import Opening

RESUME_QUERY = "resume_token"
RESUME_HEADER = "antiphon-resume-token"


def opening(
    connection: HTTPConnection, grant: Grant, session: dict[str, Any] | None = None
) -> Opening:
    """Return what the request asks for; `session` is the session object beside it, where there is one.

    `model` is taken as it comes: clients ask for OpenAI's, and here the installation chooses. Raises
    `InvalidInput` that names what is wrong.
    """
    updates = [*grant.updates, *_intent(connection.query_params.get("intent"))]
    if session is not None:
        updates.append(update_from(session))
    return Opening(tuple(updates), _resume_token(connection, session or {}))


def update_from(session: Any) -> oai.SessionUpdateEvent:
    """Return the event that would set a session so."""
    if isinstance(session, dict):
        session = {"type": "realtime", **session}
    event = client_events.parse(json.dumps({"type": "session.update", "session": session}))
    assert isinstance(event, oai.SessionUpdateEvent)
    return event


def _intent(intent: str | None) -> list[oai.SessionUpdateEvent]:
    if intent is None:
        return []
    if intent != "transcription":
        raise InvalidInput(
            "`intent` is `transcription` or left out", reason="INVALID_FIELD", param="intent"
        )
    return [update_from({"type": "transcription"})]


def _resume_token(connection: HTTPConnection, session: dict[str, Any]) -> str:
    extension = session.get("antiphon")
    token = extension.get("resume_token") if isinstance(extension, dict) else None
    token = token or connection.query_params.get(RESUME_QUERY)
    token = token or connection.headers.get(RESUME_HEADER, "")
    if not isinstance(token, str):
        raise InvalidInput(
            "`resume_token` is no text",
            reason="INVALID_FIELD",
            param="session.antiphon.resume_token",
        )
    return token
