from __future__ import annotations

from itertools import pairwise

import pytest
from prometheus_client import generate_latest

from antiphon.observability import registry as module
from antiphon.observability.gpu import Cards
from antiphon.observability.registry import BATCH_BUCKETS, BUCKETS_S, SHORT_BUCKETS_S, new_registry
from tests.proto.observability.test_gpu import FakeNvml


def test_every_process_tells_of_its_memory_descriptors_and_time() -> None:
    text = generate_latest(new_registry()).decode()
    for name in ("resident_memory_bytes", "open_fds", "cpu_seconds_total", "start_time_seconds"):
        assert f"\nprocess_{name} " in text


def test_cards_are_told_of_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_cards", lambda: Cards(FakeNvml()))
    assert 'antiphon_gpu_memory_bytes{gpu="0"}' in generate_latest(new_registry()).decode()
    monkeypatch.setattr(module, "find_cards", lambda: None)
    assert "gpu" not in generate_latest(new_registry()).decode()


@pytest.mark.parametrize("buckets", [BUCKETS_S, SHORT_BUCKETS_S, BATCH_BUCKETS])
def test_edges_rise(buckets: tuple[float, ...]) -> None:
    assert all(below < above for below, above in pairwise(buckets))


def test_the_goals_are_edges_and_what_lies_around_them_is_told_finely() -> None:
    assert {0.5, 0.75, 1.0} <= set(BUCKETS_S)
    around = [edge for edge in BUCKETS_S if 0.1 <= edge <= 0.8]
    assert all(above - below < 0.051 for below, above in pairwise(around))
