"""Errors as OpenAI's clients read them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from antiphon.errors import (
    AntiphonError,
    Exhausted,
    InvalidInput,
    NotPermitted,
    Unavailable,
    Unsupported,
)
from server.http.errors import Guard, refuse, respond


@pytest.mark.parametrize(
    ("problem", "status", "kind", "headers"),
    [
        (InvalidInput("odd", reason="ODD", param="x"), 400, "invalid_request_error", {}),
        (
            NotPermitted("who?", reason="ODD"),
            401,
            "invalid_request_error",
            {"www-authenticate": "Bearer"},
        ),
        (Exhausted("full", reason="ODD"), 503, "server_error", {"retry-after": "5"}),
        (Unsupported("cannot", reason="ODD"), 501, "server_error", {"x-should-retry": "false"}),
        (
            Unavailable("gone", reason="ODD"),
            503,
            "server_error",
            {"retry-after": "5"},
        ),
    ],
)
def test_a_problem_has_its_status_and_openais_shape(
    problem: AntiphonError, status: int, kind: str, headers: dict[str, str]
) -> None:
    response = respond(problem)
    assert response.status_code == status
    told = json.loads(bytes(response.body))["error"]
    param = problem.metadata.get("param")
    assert told == {"message": problem.message, "type": kind, "param": param, "code": "odd"}
    for name in ("retry-after", "www-authenticate"):
        assert response.headers.get(name) == headers.get(name)


def test_a_route_that_is_not_there_is_told_alike() -> None:
    problem = HTTPException(405, headers={"Allow": "POST"})
    response = asyncio.run(_refused(problem))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert json.loads(bytes(response.body))["error"]["message"] == "Method Not Allowed"


async def _refused(problem: Exception) -> Any:
    return await refuse(Request({"type": "http"}), problem)


def _guarded(error: Exception, kind: str = "http", begun: bool = False) -> list[Message]:
    """Return what is sent where an application fails with `error`."""
    sent: list[Message] = []

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200})
        raise error

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(Guard(fail)({"type": kind}, receive, send))
    return sent


def test_what_fails_is_told_and_a_bug_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    assert _guarded(InvalidInput("odd"))[0]["status"] == 400
    start, body = _guarded(ValueError("tangerine"))
    assert start["status"] == 500
    assert b"ValueError" in body["body"]
    assert "tangerine" not in caplog.text + body["body"].decode()


@pytest.mark.parametrize(
    ("error", "kind", "begun", "messages"),
    [
        (ClientDisconnect(), "http", False, 0),
        (ValueError("x"), "http", True, 1),
        (ValueError("x"), "websocket", False, 0),
    ],
)
def test_where_nobody_could_read_it_nothing_is_told(
    error: Exception, kind: str, begun: bool, messages: int
) -> None:
    assert len(_guarded(error, kind, begun)) == messages
