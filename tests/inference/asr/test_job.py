"""What a stream asks of the engine."""

from __future__ import annotations

from inference.asr.job import Job, Urgency


def test_somebody_waits_for_a_final() -> None:
    assert Urgency.FINAL < Urgency.PARTIAL


def test_a_job_is_a_callers_unless_told() -> None:
    assert not Job(Urgency.FINAL, lambda: None).bulk
