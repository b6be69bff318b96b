"""The turn model's thread."""

from __future__ import annotations

import asyncio
import threading

import numpy as np

from antiphon.audio import Float32
from inference.asr.judge import Judge


class Counting:
    def probability(self, samples: Float32) -> float:
        assert threading.current_thread() is not threading.main_thread()
        return len(samples) / 10


def test_is_asked_on_its_own_thread() -> None:
    judge = Judge(Counting())
    assert asyncio.run(judge.probability(np.zeros(5, np.float32))) == 0.5
    judge.shut()
