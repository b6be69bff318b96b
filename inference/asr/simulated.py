"""The simulated engine: the clip's own text, revealed in proportion to the voice heard, after a delay."""

from __future__ import annotations

import asyncio
import random
from math import exp, log
from time import perf_counter

from antiphon.errors import InvalidInput
from antiphon.timing import Timing
from inference.asr.decoder import Decoded, Job
from inference.asr.engine import About, Hypothesis, Script, Speech, Word

SIGMA = 0.2


class SimulatedDecoder:
    """A `Decoder` that takes the same time however many streams there are."""

    def __init__(self, median_ms: float, seed: int) -> None:
        self._median_ms = median_ms
        self._random = random.Random(seed)

    @property
    def about(self) -> About:
        """Return what it is."""
        return About("simulated", ("word_times",), simulated=True)

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` without a script of words and voice: there would be nothing to hear."""
        if script is None or script.voiced_ms <= 0:
            raise InvalidInput(
                "the simulated engine needs `simulation`: the text it is to hear and the clip's voiced_ms",
                reason="SIMULATION",
            )

    async def decode(self, job: Job) -> Decoded | None:
        """Return what `hear` says, after a delay."""
        speech = job.take()
        if speech is None:
            return None
        started = perf_counter()
        await asyncio.sleep(self._delay_ms() / 1000)
        return Decoded(hear(speech), Timing(0.0, (perf_counter() - started) * 1000, 0.0))

    def _delay_ms(self) -> float:
        return exp(self._random.gauss(log(self._median_ms), SIGMA)) if self._median_ms else 0.0


def hear(speech: Speech) -> Hypothesis:
    """Return the words of the script that fall into the piece, by the share of the voice that it holds."""
    if speech.script is None:
        return Hypothesis("", speech.language or "en")
    words = speech.script.text.split()
    per_ms = len(words) / speech.script.voiced_ms
    first = _rounded(speech.voiced_before_ms * per_ms, len(words))
    last = _rounded((speech.voiced_before_ms + speech.voiced_ms) * per_ms, len(words))
    heard = words[first:last]
    times = tuple(
        Word(word, i / per_ms, (i + 1) / per_ms, 1.0)
        for i, word in enumerate(heard if speech.word_times else ())
    )
    return Hypothesis(" ".join(heard), speech.language or "en", times)


def _rounded(words: float, most: int) -> int:
    return min(round(words), most)
