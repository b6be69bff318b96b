"""Bodies: bounded, and what they say they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from antiphon.errors import InvalidInput
from server.http.body import MAX_BODY_BYTES, parse_object, read, read_object, read_parts

Read = Callable[[Request], Coroutine[Any, Any, Any]]


def _read(how: Read, body: bytes, content_type: str = "") -> Any:
    pieces = [body[at : at + 4096] for at in range(0, len(body), 4096)] or [b""]

    async def receive() -> Message:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "headers": headers}
    return asyncio.run(how(Request(scope, receive)))


def _form(**parts: Any) -> tuple[bytes, str]:
    request = httpx.Request("POST", "http://x", files=parts)
    return request.read(), request.headers["content-type"]


def test_a_body_is_bounded() -> None:
    assert len(_read(read, bytes(MAX_BODY_BYTES))) == MAX_BODY_BYTES
    with pytest.raises(InvalidInput) as refused:
        _read(read, bytes(MAX_BODY_BYTES + 1))
    assert refused.value.reason == "MESSAGE_TOO_LARGE"


def test_no_body_is_an_empty_object() -> None:
    assert _read(read_object, b" ") == {}
    assert _read(read_object, b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", [b"{", b"[]", b"1", b'{"a": NaN}', b"\xff", b"[" * 10_000])
def test_what_is_no_object_is_told_by_name(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="`session` must be a JSON object"):
        parse_object(text, "`session`")


def test_the_parts_of_a_form_are_fields_or_files() -> None:
    body, content_type = _form(sdp=(None, "v=0"), session=("x.json", '{"a": "\u00fc"}'))
    parts = _read(read_parts, body, content_type)
    assert parts == {"sdp": b"v=0", "session": '{"a": "\u00fc"}'.encode()}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=y"),
        (b"--y\r\nx: y\r\n\r\n1\r\n--y--\r\n", "multipart/form-data; boundary=y"),
        _form(**{f"part{number}": (None, "x") for number in range(9)}),
    ],
    ids=["no-boundary", "another-boundary", "no-name", "too-many"],
)
def test_what_is_no_form_is_told(body: bytes, content_type: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _read(read_parts, body, content_type)
    assert refused.value.reason == "INVALID_MULTIPART"
