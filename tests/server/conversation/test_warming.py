"""The language model is warmed by one hint at a time, which may fail."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from antiphon.v1 import generator_pb2 as pb
from server.conversation.warming import Warming
from server.realtime.tools import Tool, Tools
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services
from tests.virtual_time import run_virtual

MESSAGES = [pb.Message(role=pb.ROLE_SYSTEM, content="Be kind.")]


def warmed(
    generator: FakeGenerator, *gaps_s: float, error: grpc.aio.AioRpcError | None = None
) -> int:
    """Give a hint after each gap; return how many reached the model."""
    generator.warm_error = error

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            warming = Warming(services(FakeRecognizer(), generator, FakeSynthesizer()), tasks)
            for gap_s in gaps_s:
                await asyncio.sleep(gap_s)
                warming.begin(MESSAGES)

    run_virtual(main())
    return len(generator.warmed)


def test_one_hint_at_a_time() -> None:
    generator = FakeGenerator([])
    assert warmed(generator, 0, 0.01, 1) == 2
    assert list(generator.warmed[0].messages) == MESSAGES


@pytest.mark.parametrize("error", [rpc_error(), rpc_error(grpc.StatusCode.UNIMPLEMENTED)])
def test_a_hint_that_fails_is_no_failure(error: grpc.aio.AioRpcError) -> None:
    assert warmed(FakeGenerator([]), 0, error=error) == 1


def test_a_hint_that_hangs_is_given_up() -> None:
    assert warmed(FakeGenerator([], warm_ms=1e6), 0, 20) == 2


def test_it_can_be_dropped() -> None:
    async def main() -> None:
        generator = FakeGenerator([], warm_ms=1e6)
        async with asyncio.TaskGroup() as tasks:
            warming = Warming(services(FakeRecognizer(), generator, FakeSynthesizer()), tasks)
            warming.drop()
            warming.begin(MESSAGES)
            await asyncio.sleep(0)
            warming.drop()
        assert asyncio.get_running_loop().time() < 1

    run_virtual(main())


def test_the_tools_are_read_too() -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            warming = Warming(services(FakeRecognizer(), generator, FakeSynthesizer()), tasks)
            warming.begin(MESSAGES, Tools((Tool("look", "", {}),)))

    generator = FakeGenerator([])
    run_virtual(main())
    assert [tool.name for tool in generator.warmed[0].tools] == ["look"]
