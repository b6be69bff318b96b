"""The contract on the simulated engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SimulatedEngine
from tests.contract.llm.suite import *  # noqa: F403
from tests.llm_service import Service, serving

# Short, so that the suite is: what the delays are is tested with the engine.
SIMULATED = {
    "first_token_ms": 2,
    "token_ms": 1,
    "replies": [
        "The naïve waiter in Zürich serves coffee ☕ to the whole of 東京, and smiles. " * 100
    ],
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    async def load() -> SimulatedEngine:
        settings = {"engine": "simulated", "simulated": SIMULATED}
        return SimulatedEngine(LlmSettings.model_validate(settings))

    with serving(load) as found:
        yield found
