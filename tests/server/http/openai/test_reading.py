"""What is wrong in a request is named, and never repeated."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.types import Message

from antiphon.errors import InvalidInput
from server.http.openai.reading import Asked, from_fields, read_json, refusal


class Inner(Asked):
    number: float = 0


class Outer(Asked):
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    named: str | Inner = "x"
    listed: list[str] = Field([], alias="listed[]")


def refused(body: str) -> InvalidInput:
    with pytest.raises(ValidationError) as found:
        Outer.model_validate_json(body)
    return refusal(found.value)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ('{"inner": {"number": "secret"}}', "inner.number"),
        ('{"inner": {"number": NaN}}', "inner.number"),
        ('{"many": [{}, {"number": "secret"}]}', "many.1.number"),
        ('{"named": 7}', "named"),
        ('{"named": {"number": "secret"}}', "named"),
        ('{"listed[]": "secret"}', "listed[]"),
    ],
)
def test_the_parameter_is_named(body: str, param: str) -> None:
    error = refused(body)
    assert (error.reason, error.metadata["param"]) == ("INVALID_FIELD", param)
    assert error.message.startswith(f"{param}: ") and "secret" not in error.message


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", '"secret"', '{"named": "\\ud800"}', "[" * 999]
)
def test_what_is_no_object(body: str) -> None:
    error = refused(body)
    assert error.reason == "INVALID_JSON" and "secret" not in error.message


def test_what_is_not_known_is_ignored() -> None:
    assert Outer.model_validate_json('{"other": 1}') == Outer()


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"number": 7}', None), (b'{"number": "7"}', 400), (b" " * 99, 413)]
)
def test_a_body_is_read_within_its_bound(body: bytes, status: int | None) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    if status is None:
        assert asyncio.run(read_json(request, Inner, 50)).number == 7
        return
    with pytest.raises(InvalidInput) as told:
        asyncio.run(read_json(request, Inner, 50))
    assert told.value.http_status == status


def test_the_fields_of_a_form_are_text() -> None:
    assert from_fields(Inner, {"number": "1.5"}).number == 1.5
    with pytest.raises(InvalidInput):
        from_fields(Inner, {"number": "much"})
