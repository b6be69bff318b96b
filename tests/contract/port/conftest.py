from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.gateway import Gateway, gateway
from tests.weights import weights


@pytest.fixture(scope="module")
def served() -> Iterator[Gateway]:
    for name in ("silero-vad", "smart-turn-v3.2"):
        weights(name)
    with gateway() as found:
        yield found
