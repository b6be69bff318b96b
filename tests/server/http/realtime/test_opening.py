"""What a client asks for as it connects."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from openai.types import realtime as oai
from starlette.requests import HTTPConnection

from antiphon.errors import InvalidInput
from server.access.grant import Grant, Holder
from server.http.realtime.opening import opening, update_from
from server.sessions import Opening

GRANT = Grant(Holder.INSTALLATION, "")


def opened(
    session: dict[str, Any] | None = None,
    grant: Grant = GRANT,
    header: str = "",
    **query: str,
) -> Opening:
    headers = [(b"antiphon-resume-token", header.encode())] if header else []
    scope = {"type": "http", "query_string": urlencode(query).encode(), "headers": headers}
    return opening(HTTPConnection(scope), grant, session)


def test_a_plain_client_asks_for_nothing() -> None:
    assert opened(model="gpt-realtime") == Opening()


def test_the_keys_settings_come_before_the_calls_own() -> None:
    grant = Grant(Holder.CLIENT, "x", (update_from({"instructions": "first"}),))
    asked = opened({"type": "realtime", "instructions": "second"}, grant)
    told = [update.session for update in asked.updates]
    assert all(isinstance(each, oai.RealtimeSessionCreateRequest) for each in told)
    assert [getattr(each, "instructions", "") for each in told] == ["first", "second"]


def test_a_transcription_is_asked_for_by_intent() -> None:
    (update,) = opened(intent="transcription").updates
    assert update.session.type == "transcription"


def test_another_intent_is_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        opened(intent="dance")
    assert refused.value.metadata["param"] == "intent"


@pytest.mark.parametrize(
    "asked",
    [
        {"resume_token": "rt_1"},
        {"header": "rt_1"},
        {"session": {"antiphon": {"resume_token": "rt_1"}}},
        {"session": {"antiphon": {"resume_token": "rt_1"}}, "resume_token": "rt_2"},
        {"session": {"antiphon": {}}, "resume_token": "rt_1", "header": "rt_2"},
    ],
)
def test_the_session_to_go_on_with_is_named_in_any_of_three_places(asked: dict[str, Any]) -> None:
    assert opened(**asked).resume_token == "rt_1"


def test_a_token_that_is_no_text_is_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        opened({"antiphon": {"resume_token": 1}})
    assert refused.value.metadata["param"] == "session.antiphon.resume_token"


def test_a_session_needs_no_type() -> None:
    assert update_from({}).session.type == "realtime"


@pytest.mark.parametrize(
    ("session", "param"),
    [({"audio": {"input": {"format": {"type": "mp3"}}}}, "session.audio"), ("x", "session")],
)
def test_what_is_wrong_with_a_session_is_named(session: object, param: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        update_from(session)
    assert refused.value.metadata["param"].startswith(param)
