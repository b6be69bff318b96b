"""What an engine hears before its first caller."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Barrier, Lock

from inference.asr.engine import About, Hypothesis, Script, Speech
from inference.asr.settings import AsrSettings
from inference.asr.warming import LONGEST_S, noise, warm, warm_through

RATE_HZ = 16_000


class Ears:
    """Notes what it hears; with `at_once` a batch is heard only when so many are being heard."""

    about = About("ears", ())

    def __init__(self, at_once: int = 1) -> None:
        self.heard: list[float] = []
        self.batches: list[tuple[int, float]] = []
        self._lock = Lock()
        self._together = Barrier(at_once)

    def check(self, language: str, script: Script | None) -> None: ...

    def doubts(self, hypothesis: Hypothesis) -> bool:
        return False

    def decode(self, speech: Speech) -> Hypothesis:
        self.heard.append(len(speech.samples) / RATE_HZ)
        return Hypothesis("", "en")

    def decode_batch(self, speeches: Sequence[Speech]) -> list[Hypothesis]:
        self._together.wait(timeout=10)
        with self._lock:
            self.batches.append((len(speeches), len(speeches[0].samples) / RATE_HZ))
        return [Hypothesis("", "en") for _ in speeches]


def test_a_second_is_enough_for_a_processor() -> None:
    ears = Ears()
    assert warm(ears) is ears
    assert (ears.heard, ears.batches) == ([1.0], [])


def test_on_a_card_every_worker_hears_the_most_that_it_may_be_given() -> None:
    ears = Ears(at_once=3)
    settings = AsrSettings(max_batch=8, max_batch_s=120.0, short_s=10.0)
    assert warm_through(ears, settings, 3) is ears
    assert ears.batches == [(4, float(LONGEST_S))] * 3 + [(8, 10.0)] * 3


def test_what_is_heard_is_faint_and_fills_the_window() -> None:
    speech = noise(2.0)
    assert len(speech.samples) == 2 * RATE_HZ
    assert 0 < abs(speech.samples).max() < 0.1
    assert speech.thorough and speech.language == "en"
