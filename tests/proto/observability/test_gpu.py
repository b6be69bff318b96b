"""A card's metrics, over a made-up NVML; `tests/gpu` asks a real one."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from antiphon.observability.gpu import MOST_CARDS, Cards, find_cards


class NoAnswer(Exception):
    """NVML's own error."""


@dataclass
class FakeNvml:
    """`cards` of 80 GB; `silent` are questions that it does not answer."""

    cards: int = 1
    silent: set[str] = field(default_factory=set)
    NVMLError: type[Exception] = NoAnswer

    def nvmlInit(self) -> None:
        self._ask("init")

    def nvmlDeviceGetCount(self) -> int:
        self._ask("count")
        return self.cards

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:
        return number

    def nvmlDeviceGetMemoryInfo(self, card: int) -> Any:
        self._ask("memory")
        return SimpleNamespace(used=(card + 1) * 10**9, total=80 * 10**9)

    def nvmlDeviceGetUtilizationRates(self, card: int) -> Any:
        self._ask("rates")
        return SimpleNamespace(gpu=37, memory=5)

    def _ask(self, what: str) -> None:
        if what in self.silent:
            raise self.NVMLError(what)


def _text(nvml: FakeNvml) -> str:
    registry = CollectorRegistry()
    registry.register(Cards(nvml))
    return generate_latest(registry).decode()


def test_memory_and_utilisation_of_each_card_are_told() -> None:
    text = _text(FakeNvml(cards=2))
    assert 'antiphon_gpu_memory_used_bytes{gpu="0"} 1e+09' in text
    assert 'antiphon_gpu_memory_used_bytes{gpu="1"} 2e+09' in text
    assert 'antiphon_gpu_memory_bytes{gpu="1"} 8e+10' in text
    assert 'antiphon_gpu_utilisation_ratio{gpu="1"} 0.37' in text


def test_what_a_card_does_not_tell_is_left_out() -> None:
    text = _text(FakeNvml(silent={"rates"}))
    assert "antiphon_gpu_utilisation_ratio{" not in text
    assert 'antiphon_gpu_memory_used_bytes{gpu="0"} 1e+09' in text
    assert "{" not in _text(FakeNvml(silent={"count"}))


def test_labels_are_bounded() -> None:
    assert _text(FakeNvml(cards=1000)).count("antiphon_gpu_memory_bytes{") == MOST_CARDS


def test_without_a_driver_there_is_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(silent={"init"}))
    assert find_cards() is None
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert find_cards() is None
    assert not caplog.records


def test_with_one_there_are_its_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml())
    assert isinstance(find_cards(), Cards)
