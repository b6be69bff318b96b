"""A blocking engine that decodes when it is let, for the tests of what hands it work."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from antiphon.errors import InvalidInput
from inference.asr.engine import About, Hypothesis, Script, Speech
from inference.asr.job import Job, Urgency

DOUBTED = 1000


class HeldEngine:
    """Says which number its samples hold; fails without samples, and doubts what is over `DOUBTED`."""

    about = About("held", ())

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.batches: list[list[int]] = []
        self.heard: list[int] = []
        self.failing = 0

    def check(self, language: str, script: Script | None) -> None:
        raise InvalidInput(f"no {language}")

    def decode(self, speech: Speech) -> Hypothesis:
        [hypothesis] = self.decode_batch([speech])
        return hypothesis

    def decode_batch(self, speeches: Sequence[Speech]) -> list[Hypothesis]:
        assert self.let.acquire(timeout=10)
        if not all(len(speech.samples) for speech in speeches):
            self.failing += 1
            raise ValueError("no samples")
        numbers = [int(speech.samples[0]) for speech in speeches]
        self.batches.append(numbers)
        self.heard += numbers
        return [
            Hypothesis(
                f"{number} again" if speech.thorough else str(number),
                "en",
                average_log_probability=-0.1 if speech.thorough else -1.0,
            )
            for number, speech in zip(numbers, speeches, strict=True)
        ]

    def doubts(self, hypothesis: Hypothesis) -> bool:
        return int(hypothesis.text) > DOUBTED


def speech(number: float, *, draft: bool = False) -> Speech:
    return Speech(np.full(1, number, np.float32), draft=draft)


def job(
    number: float,
    urgency: Urgency = Urgency.FINAL,
    *,
    stream: int = 0,
    seconds: float = 1.0,
    bulk: bool = False,
) -> Job:
    return Job(urgency, lambda: speech(number), stream, seconds, bulk)
