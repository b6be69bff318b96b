"""The contract on vLLM, with real weights; runs in vLLM's own environment."""

from __future__ import annotations

import pytest

from tests.contract.llm.suite import *  # noqa: F403
from tests.llm_service import Service

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture
def service(vllm_service: Service) -> Service:
    return vllm_service
