from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon.errors import InvalidInput
from antiphon.malformed import Malformed, checked, each_checked, tolerant
from antiphon.v1.generator_pb2 import GenerateRequest, Message

REQUEST = GenerateRequest(messages=[Message(content="hello")])
WHOLE = REQUEST.SerializeToString()


def test_what_can_be_read_is_read() -> None:
    assert tolerant(GenerateRequest.FromString)(WHOLE) == REQUEST
    assert checked(REQUEST) is REQUEST


# Cut off, of another type, and text in Latin-1.
@pytest.mark.parametrize("data", [WHOLE[:-1], b"\xff", WHOLE.replace(b"hello", b"h\xe9llo")])
def test_what_cannot_be_read_is_bad_input(data: bytes) -> None:
    read = tolerant(GenerateRequest.FromString)(data)
    with pytest.raises(InvalidInput, match="a message cannot be read"):
        checked(read)


def test_a_stream_is_read_up_to_there() -> None:
    async def requests() -> AsyncIterator[Any]:
        yield REQUEST
        yield Malformed()

    async def main() -> list[Any]:
        found = []
        with pytest.raises(InvalidInput):
            async for request in each_checked(requests()):
                found.append(request)  # noqa: PERF401 - what came before the error counts
        return found

    assert asyncio.run(main()) == [REQUEST]
