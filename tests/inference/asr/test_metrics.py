from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from inference.asr.job import Job, Urgency
from inference.asr.metrics import Kind, Metrics, watch_over
from inference.asr.watch import UNWATCHED


def _job(urgency: Urgency, *, bulk: bool = False) -> Job:
    return Job(urgency, lambda: None, bulk=bulk)


@pytest.mark.parametrize(
    ("job", "kind"),
    [
        (_job(Urgency.FINAL), "final"),
        (_job(Urgency.PARTIAL), "partial"),
        (_job(Urgency.FINAL, bulk=True), "bulk"),
        (_job(Urgency.PARTIAL, bulk=True), "bulk"),
    ],
)
def test_each_decode_is_measured_by_who_waits_for_it(job: Job, kind: str) -> None:
    registry = CollectorRegistry()
    Metrics(registry).decoded(job, 0.25, 0.5)
    assert registry.get_sample_value("antiphon_asr_queue_seconds_sum") == 0.25
    for each in Kind:
        found = registry.get_sample_value("antiphon_asr_decode_seconds_sum", {"urgency": each})
        assert found == (0.5 if each == kind else 0)


def test_batches_and_who_waits_are_told() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.batch(7)
    metrics.waiting(lambda: 3)
    assert registry.get_sample_value("antiphon_asr_batch_size_sum") == 7
    assert registry.get_sample_value("antiphon_asr_waiting") == 3


def test_nothing_is_measured_where_nobody_asks() -> None:
    assert watch_over(None) is UNWATCHED
    assert isinstance(watch_over(CollectorRegistry()), Metrics)
