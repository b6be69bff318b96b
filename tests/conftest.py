"""What holds for every test, and fixtures that tests in more than one folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.llm_service import Service, vllm_serving

# A deadline asserts a timing, and the machine is shared.
settings.register_profile("antiphon", deadline=None)
settings.load_profile("antiphon")


@pytest.fixture(scope="session")
def vllm_service() -> Iterator[Service]:
    """vLLM with real weights, started once for all tests: that takes 15 s on two idle cores."""
    with vllm_serving() as service:
        yield service
