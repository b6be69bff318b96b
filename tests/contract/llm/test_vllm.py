"""The contract on vLLM, with real weights; runs in vLLM's own environment."""

from __future__ import annotations

import pytest

from inference.llm.engine import Capability
from tests.contract.llm.suite import *  # noqa: F403
from tests.llm_service import Service

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture
def service(vllm_service: Service) -> Service:
    return vllm_service


def test_it_can_be_made_to_call_a_tool(service: Service) -> None:
    # An engine that does not say so passes the suite's tests of forced tools by a refusal.
    assert Capability.FORCED_TOOLS in service.capabilities
