from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from inference.llm.service import NAME
from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SimulatedEngine
from tests.llm_service import Service, serving

HELLO = pb.Message(role=pb.ROLE_USER, content="hello")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    async def load() -> SimulatedEngine:
        fast = {"first_token_ms": 1, "token_ms": 1}
        return SimulatedEngine(LlmSettings.model_validate({"simulated": fast}))

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


def test_get_info(service: Service) -> None:
    async def info(stub: GeneratorStub) -> str:
        found: common_pb2.ServiceInfo = await stub.GetInfo(common_pb2.GetInfoRequest())
        return found.engine

    assert service.with_stub(info) == "simulated"


def test_the_name_is_the_contracts() -> None:
    assert pb.DESCRIPTOR.services_by_name["Generator"].full_name == NAME
