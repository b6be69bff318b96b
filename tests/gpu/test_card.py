"""The card that is here, as NVML tells it and as CUDA does."""

from __future__ import annotations

import pytest

from inference.card.card import Card, Need, faults
from ops.plan.cards import DRIVER_MIB

pytestmark = pytest.mark.gpu


def test_it_is_what_nvml_says(card: Card) -> None:
    assert card.name.startswith("NVIDIA")
    assert 0 < card.free_mib <= card.memory_mib
    assert card.driver[0].isdigit()


def test_it_will_do_for_each_engine(card: Card) -> None:
    for cuda, capability in ((12, (7, 0)), (13, (7, 5)), (13, (8, 0))):
        assert list(faults(card, Need("any", 1, cuda, capability))) == []


def test_cuda_offers_no_less_than_is_planned_with(card: Card) -> None:
    torch = pytest.importorskip("torch", reason="torch is only in the environments of engines")
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device here")
    _, total = torch.cuda.mem_get_info()
    assert card.memory_mib - DRIVER_MIB <= total / 2**20 <= card.memory_mib
    assert torch.cuda.get_device_capability() == card.capability
