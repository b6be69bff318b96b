from __future__ import annotations

import sys

import pytest

from inference.card.card import Card
from inference.card.nvml import probe
from tests.inference.card.nvml import FakeNvml


def test_what_nvml_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = FakeNvml().install(monkeypatch)
    assert probe({}) == Card("NVIDIA L4", 23_034, 22_500, "580.95.05", (8, 9))
    assert nvml.asked == [0]
    assert nvml.running == 0


@pytest.mark.parametrize(
    ("visible", "asked"),
    [
        ("", 0),
        ("2", 2),
        (" 1,0", 1),
        ("GPU-8932f937-d72c", "GPU-8932f937-d72c"),
        ("MIG-1,MIG-2", "MIG-1"),
        ("nonsense", 0),
    ],
)
def test_the_card_is_the_first_that_cuda_may_use(
    monkeypatch: pytest.MonkeyPatch, visible: str, asked: object
) -> None:
    nvml = FakeNvml().install(monkeypatch)
    probe({"CUDA_VISIBLE_DEVICES": visible})
    assert nvml.asked == [asked]


@pytest.mark.parametrize("failing", ["init", "handle"])
def test_a_card_that_cannot_be_asked_is_not_known(
    monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    nvml = FakeNvml(failing=failing).install(monkeypatch)
    assert probe({}) is None
    assert nvml.running == 0


def test_nor_is_one_where_the_library_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert probe({}) is None
