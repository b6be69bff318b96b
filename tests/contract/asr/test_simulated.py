"""The contract on the simulated engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.asr.recognition import Recognition, recognition
from tests.contract.asr.suite import *  # noqa: F403

pytestmark = pytest.mark.model  # of the detector


@pytest.fixture(scope="module")
def service() -> Iterator[Recognition]:
    with recognition(engine="simulated", simulated_ms=5) as found:
        yield found
