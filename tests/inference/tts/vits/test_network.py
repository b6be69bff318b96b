"""The values that pass between a network and the voice."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from inference.tts.vits.network import Network
from tests.inference.tts.vits.networks import PROFILE, CountedNetwork


def test_a_profile_is_fixed() -> None:
    with pytest.raises(FrozenInstanceError):
        PROFILE.bos_id = 0  # type: ignore[misc]


def test_the_tests_own_network_is_one() -> None:
    network: Network = CountedNetwork()
    assert network is not None
