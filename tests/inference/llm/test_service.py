from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import pytest

from antiphon.guest import AS_GUEST
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from inference.llm.engine import Event, Message, Request, Tool
from inference.llm.service import NAME
from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SimulatedEngine
from tests.llm_service import Service, serving

HELLO = pb.Message(role=pb.ROLE_USER, content="hello")
FAST = {"first_token_ms": 1, "token_ms": 1}


class Noting(SimulatedEngine):
    """Notes of each request whether it is a guest's."""

    def __init__(self, settings: LlmSettings) -> None:
        super().__init__(settings)
        self.guests: list[bool] = []

    def generate(self, request: Request) -> AsyncGenerator[Event, None]:
        self.guests.append(request.guest)
        return super().generate(request)

    async def warm(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], *, guest: bool = False
    ) -> int:
        self.guests.append(guest)
        return 0


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    async def load() -> SimulatedEngine:
        return SimulatedEngine(LlmSettings.model_validate({"simulated": FAST}))

    with serving(load) as found:
        yield found


def test_generate(service: Service) -> None:
    answer = service.ask(pb.GenerateRequest(messages=[HELLO]))
    assert answer.text.startswith("Certainly.")
    assert answer.last == "finish"
    assert answer.trailers
    assert answer.trailers.compute_ms == pytest.approx(answer.finish.timing.compute_ms, abs=0.001)


def test_warm(service: Service) -> None:
    async def warm(stub: GeneratorStub) -> int:
        warmed: pb.WarmResponse = await stub.Warm(pb.WarmRequest(messages=[HELLO]))
        return warmed.cached_tokens

    assert service.with_stub(warm) == 0


def test_who_passes_a_guests_call_on_says_so() -> None:
    engine = Noting(LlmSettings.model_validate({"simulated": FAST}))

    async def load() -> Noting:
        return engine

    async def call(stub: GeneratorStub) -> None:
        for metadata in (AS_GUEST, ()):
            request = pb.GenerateRequest(messages=[HELLO])
            assert [_ async for _ in stub.Generate(request, metadata=metadata)]
            await stub.Warm(pb.WarmRequest(messages=[HELLO]), metadata=metadata)

    with serving(load) as service:
        service.with_stub(call)
    assert engine.guests == [True, True, False, False]


def test_get_info(service: Service) -> None:
    async def info(stub: GeneratorStub) -> str:
        found: common_pb2.ServiceInfo = await stub.GetInfo(common_pb2.GetInfoRequest())
        return found.engine

    assert service.with_stub(info) == "simulated"


def test_the_name_is_the_contracts() -> None:
    assert pb.DESCRIPTOR.services_by_name["Generator"].full_name == NAME
