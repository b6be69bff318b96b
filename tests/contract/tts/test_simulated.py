"""The contract on the simulated engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.tts.suite import *  # noqa: F403
from tests.tts_service import Service, serving


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(engine="simulated", simulated_ms="5") as found:
        yield found
