"""The simulated engine: the clip's own text, revealed in proportion to the voice heard, after a delay."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from itertools import cycle, islice
from math import exp, log
from time import perf_counter

from antiphon.errors import InvalidInput
from antiphon.timing import Timing
from inference.asr.engine import About, Alternative, Hypothesis, Script, Speech, Word
from inference.asr.job import Decoded, Job
from inference.asr.settings import STOCK_TEXT
from inference.asr.watch import UNWATCHED, Watch

SIGMA = 0.2
# Of a caller who gave no script; people speak some 200 words a minute.
STOCK_MS_PER_WORD = 300.0
# Phrases are taken and change nothing: what is said is known.
CAPABILITIES = ("word_times", "phrases", "alternatives")


class SimulatedDecoder:
    """A `Decoder` that takes the same time however many streams there are.

    Delays are log-normal about `median_ms`; the same `seed` gives the same delays. `stock_text` is what a
    caller who gave no script says, over and over.
    """

    waiting = 0  # it makes nobody wait

    def __init__(
        self,
        median_ms: float,
        seed: int,
        stock_text: str = STOCK_TEXT,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._watch = watch
        self._median_ms = median_ms
        self._random = random.Random(seed)
        self._stock_text = stock_text

    @property
    def about(self) -> About:
        """Return what it is."""
        return About("simulated", CAPABILITIES, simulated=True)

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where a script has words and no voice that could bring them out."""
        if script is not None and script.text.strip() and script.voiced_ms <= 0:
            raise InvalidInput(
                "`simulation` has a text but no voiced_ms, in proportion to which it is revealed",
                reason="SIMULATION",
            )

    async def decode(self, job: Job) -> Decoded | None:
        """Return what `hear` says, after a delay."""
        speech = job.take()
        if speech is None:
            return None
        self._watch.batch(1)
        started = perf_counter()
        await asyncio.sleep(self._delay_ms() / 1000)
        hypothesis = hear(speech, self._stock_text)
        took_s = perf_counter() - started
        self._watch.decoded(job, 0.0, took_s)
        return Decoded(hypothesis, Timing(compute_ms=took_s * 1000))

    def _delay_ms(self) -> float:
        return exp(self._random.gauss(log(self._median_ms), SIGMA)) if self._median_ms else 0.0


def hear(speech: Speech, stock_text: str = STOCK_TEXT) -> Hypothesis:
    """Return the words that fall into the piece, by the share of the voice that it holds."""
    script, ms_per_word = _script(speech, stock_text)
    first = round(speech.voiced_before_ms / ms_per_word)
    last = round((speech.voiced_before_ms + speech.voiced_ms) / ms_per_word)
    heard = list(islice(script, first, last))
    times = tuple(
        Word(word, index * ms_per_word, (index + 1) * ms_per_word, 1.0)
        for index, word in enumerate(heard)
    )
    return Hypothesis(
        " ".join(heard),
        speech.language or "en",
        times if speech.word_times else (),
        tokens=len(heard),
        alternatives=_alternatives(heard, speech.max_alternatives),
    )


def _alternatives(heard: list[str], most: int) -> tuple[Alternative, ...]:
    """Return what was heard less its last word, less its last two, and so on; each half as likely."""
    fewer = [heard[:-missing] for missing in range(1, min(most, len(heard) - 1) + 1)]
    return tuple(
        Alternative(" ".join(words), missing * log(0.5)) for missing, words in enumerate(fewer, 1)
    )


def _script(speech: Speech, stock_text: str) -> tuple[Iterable[str], float]:
    """Return the words, endless where the caller gave none, and how much voice brings out each."""
    if speech.script is None:
        return cycle(stock_text.split()), STOCK_MS_PER_WORD
    words = speech.script.text.split()
    return words, speech.script.voiced_ms / len(words) if words else 1.0
