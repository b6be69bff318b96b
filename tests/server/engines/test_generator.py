from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest

from antiphon.errors import Unavailable
from antiphon.v1 import generator_pb2 as pb
from server.engines.generator import PATIENCE_S, Generation
from server.realtime.tools import Tool, Tools
from tests.server.fakes import FakeGenerator
from tests.server.world import WORDS
from tests.virtual_time import run_virtual

LOOK = Tool("look", "Looks up.", {"type": "object"})
MESSAGES = [pb.Message(role=pb.ROLE_USER, content="hello")]


def _start(fake: FakeGenerator) -> Generation:
    return Generation(cast(Any, fake), MESSAGES, 77)


async def _read(fake: FakeGenerator) -> list[pb.GenerateResponse]:
    return [response async for response in _start(fake).responses()]


def test_it_asks_for_what_it_was_given_and_yields_until_the_finish() -> None:
    fake = FakeGenerator(WORDS)
    answered = run_virtual(_read(fake))
    assert fake.requests == [
        pb.GenerateRequest(messages=MESSAGES, sampling=pb.Sampling(max_tokens=77))
    ]
    assert "".join(response.text.text for response in answered) == "".join(WORDS)
    assert answered[-1].HasField("finish")


def test_a_failure_names_the_service() -> None:
    with pytest.raises(Unavailable, match="language model"):
        run_virtual(_read(FakeGenerator(WORDS, fail_after=1)))


def test_a_model_that_hangs_is_given_up() -> None:
    async def main() -> float:
        with pytest.raises(Unavailable, match="sent nothing for 30 s"):
            await _read(FakeGenerator(WORDS, first_ms=1e6))
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(PATIENCE_S)


def test_cancel_stops_generation() -> None:
    fake = FakeGenerator(WORDS)
    _start(fake).cancel()
    assert fake.calls[0].cancelled


@pytest.mark.parametrize(
    ("choice", "forced", "told"),
    [
        ("auto", "", pb.TOOL_CHOICE_AUTO),
        ("none", "", pb.TOOL_CHOICE_NONE),
        ("required", "", pb.TOOL_CHOICE_REQUIRED),
        ("required", "look", pb.TOOL_CHOICE_REQUIRED),
    ],
)
def test_tools_are_offered_as_the_contract_has_them(
    choice: str, forced: str, told: pb.ToolChoice
) -> None:
    async def main() -> None:
        Generation(cast(Any, fake), MESSAGES, 77, Tools((LOOK,), choice, forced))

    fake = FakeGenerator([])
    run_virtual(main())
    (request,) = fake.requests
    assert (request.tool_choice, request.tool_name) == (told, forced)
    (tool,) = request.tools
    assert (tool.name, tool.description) == ("look", "Looks up.")
    assert json.loads(tool.parameters) == {"type": "object"}


def test_without_tools_there_is_nothing_to_choose() -> None:
    async def main() -> None:
        Generation(cast(Any, fake), MESSAGES, 77, Tools(choice="required"))

    fake = FakeGenerator([])
    run_virtual(main())
    assert fake.requests[0].tool_choice == pb.TOOL_CHOICE_UNSPECIFIED
