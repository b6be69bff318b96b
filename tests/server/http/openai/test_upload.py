"""A form with a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from antiphon.errors import InvalidInput
from server.http.openai import upload
from server.http.openai.upload import MAX_FIELD_BYTES, MAX_FIELDS, Form, read_form
from tests.virtual_time import run_virtual


def received(body: bytes, content_type: str, pieces_of: int = 1000) -> Request:
    pieces = [body[at : at + pieces_of] for at in range(0, len(body), pieces_of)]

    async def receive() -> Message:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def read(**form: Any) -> Form:
    made = httpx.Request("POST", "http://x", **form)
    return asyncio.run(read_form(received(made.read(), made.headers["content-type"])))


def test_fields_and_the_file() -> None:
    form = read(
        data={"language": "en", "include[]": ["a", "b"]}, files={"file": ("a.wav", b"x" * 100_000)}
    )
    assert form.fields == {"language": "en", "include[]": ["a", "b"]}
    assert form.file == b"x" * 100_000

    async def pieces() -> list[bytes]:
        return [piece async for piece in form.pieces()]

    assert b"".join(asyncio.run(pieces())) == form.file


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"data": {"a": "b"}}, "CONTENT_TYPE"),
        ({"json": {}}, "CONTENT_TYPE"),
        ({"files": {"other": ("a", b"x")}}, "INVALID_FIELD"),
        ({"files": {"file": (None, b"x")}}, "INVALID_FIELD"),
        ({"files": [("file", ("a", b"x")), ("file", ("b", b"x"))]}, "INVALID_MULTIPART"),
        (
            {
                "data": {f"f{i}": "x" for i in range(MAX_FIELDS + 1)},
                "files": {"file": ("a", b"x")},
            },
            "INVALID_MULTIPART",
        ),
        (
            {"data": {"prompt": "x" * (MAX_FIELD_BYTES + 1)}, "files": {"file": ("a", b"x")}},
            "INVALID_MULTIPART",
        ),
    ],
)
def test_what_is_no_such_form(form: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read(**form)
    assert (told.value.reason, told.value.http_status) == (reason, 400)


@pytest.mark.parametrize("overhead", [10**6, 10])
def test_a_file_over_the_bound(monkeypatch: pytest.MonkeyPatch, overhead: int) -> None:
    monkeypatch.setattr(upload, "MAX_FILE_BYTES", 5000)
    monkeypatch.setattr(upload, "_MAX_OVERHEAD_BYTES", overhead)
    with pytest.raises(InvalidInput) as told:
        read(files={"file": ("a", b"x" * 5001)})
    assert (told.value.http_status, told.value.metadata["param"]) == (413, "file")


def test_nothing_is_written_to_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def rolled(_: object) -> None:
        raise AssertionError("a file on disk")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", rolled)
    assert len(read(files={"file": ("a", b"x" * (3 * 2**20))}).file) == 3 * 2**20


def test_a_body_that_does_not_come() -> None:
    async def never() -> Message:
        await asyncio.sleep(10**6)
        return {"type": "http.disconnect"}

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    waiting: Callable[[], Any] = never
    request = Request({"type": "http", "method": "POST", "headers": headers}, waiting)
    with pytest.raises(InvalidInput) as told:
        run_virtual(read_form(request))
    assert told.value.reason == "TOO_SLOW"
