"""Server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest
from openai.types import Model

from antiphon.errors import Unavailable
from server.http.openai.sse import event, guarded


def test_an_event_is_one_line_of_json() -> None:
    assert event({"text": "a\nä"}) == 'data: {"text": "a\\nä"}\n\n'.encode()
    told = event(Model(id="x\ny", created=0, object="model", owned_by="o"))
    assert told.startswith(b"data: ") and told.count(b"\n") == 2
    assert json.loads(told[6:]) == {"id": "x\ny", "created": 0, "object": "model", "owned_by": "o"}


async def failing(after: int) -> AsyncGenerator[bytes, None]:
    for _ in range(after):
        yield b"x"
    raise Unavailable("the voice is gone")


async def all_of(pieces: AsyncGenerator[bytes, None]) -> list[bytes]:
    return [piece async for piece in pieces]


def test_what_goes_wrong_in_the_middle_is_the_last_event() -> None:
    *pieces, last = asyncio.run(all_of(guarded(failing(2))))
    assert pieces == [b"x", b"x"]
    assert json.loads(last[6:])["error"]["message"] == "the voice is gone"


def test_what_goes_wrong_before_is_no_event() -> None:
    with pytest.raises(Unavailable):
        asyncio.run(all_of(guarded(failing(0))))
