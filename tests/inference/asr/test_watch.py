from __future__ import annotations

from inference.asr.job import Job, Urgency
from inference.asr.watch import UNWATCHED


def test_nobody_need_watch() -> None:
    UNWATCHED.waiting(lambda: 1)
    UNWATCHED.batch(2)
    UNWATCHED.decoded(Job(Urgency.FINAL, lambda: None), 0.1, 0.2)
