"""The card of this machine; without one these tests are skipped."""

from __future__ import annotations

import pytest

from inference.card.card import Card
from inference.card.nvml import probe


@pytest.fixture(scope="module")
def card() -> Card:
    """The card before the module's tests use it: what a service held is free some moments after its end."""
    found = probe()
    if found is None:
        pytest.skip("NVML finds no card here")
    return found
