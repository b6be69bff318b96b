from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiphon.errors import Unavailable
from antiphon.timing import Timing
from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SimulatedEngine
from ops.bench.language.load import INSTRUCTIONS, MAX_TOKENS, Pace
from ops.bench.language.served import Served, request, serve_one
from tests.llm_service import Service, serving


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    async def load() -> SimulatedEngine:
        simulated = {"first_token_ms": 2, "token_ms": 1, "replies": ["word " * 90, "word"]}
        return SimulatedEngine(LlmSettings.model_validate({"simulated": simulated}))

    with serving(load) as found:
        yield found


def test_overheads_are_what_was_not_the_engine() -> None:
    served = Served(Pace(first_ms=23, last_ms=124, tokens=11), Timing(0, 120, 20))
    assert served.ttft_overhead_ms == 3
    assert served.itl_overhead_ms == pytest.approx(0.1)


def test_a_request_is_greedy_and_has_instructions() -> None:
    asked = request(3)
    assert asked.messages[0].content == INSTRUCTIONS
    assert "Question 3" in asked.messages[1].content
    assert (asked.sampling.temperature, asked.sampling.max_tokens) == (0, MAX_TOKENS)


def test_one_answer_is_timed_on_both_sides(service: Service) -> None:
    served = service.with_stub(lambda stub: serve_one(stub, 1))
    assert served.client.tokens == MAX_TOKENS
    assert 0 < served.engine.first_output_ms < served.client.first_ms < served.client.last_ms
    assert served.ttft_overhead_ms > 0


def test_a_shorter_answer_can_be_asked_for(service: Service) -> None:
    assert service.with_stub(lambda stub: serve_one(stub, 1, max_tokens=3)).client.tokens == 3


def test_an_answer_without_a_time_between_tokens_is_no_measurement(service: Service) -> None:
    with pytest.raises(Unavailable):
        service.with_stub(lambda stub: serve_one(stub, 1, max_tokens=1))
