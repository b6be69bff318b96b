"""Recognition for many streams at once: who is decoded where.

Two lanes. What is short, of callers, has one for itself, in which all that wait are decoded together. What is
long, or of streams that run ahead of real time, has the other, whose threads yield the processor to the first
(`background.py`). Without it a short final waits for the end of somebody's 28 s, 3 s of CPU. Beside two
streams of long speech on two cores a short final took, at the 95th percentile and in noisy runs, 1.3 to 2.4
times what it takes alone with a second worker of equal rank, and 0.8 to 1.2 times with the yielding one.
Slices of long decodes would not do: Whisper's encoder needs all of a window at once, and half of the time is
its.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Protocol

from antiphon.diligence import UNKEPT, Diligence
from antiphon.timing import Timing
from inference.asr.doubt import better
from inference.asr.engine import About, BatchEngine, Script, Speech
from inference.asr.job import Decoded, Job, Urgency
from inference.asr.lane import Lane
from inference.asr.schedule import Limits
from inference.asr.watch import UNWATCHED, Watch

log = logging.getLogger(__name__)

# Of each stream at most one partial, one pause or final, and one cut piece wait.
JOBS_PER_STREAM = 3
# What a thorough hearing takes more, as seconds of speech: Whisper puts so much more silence behind it.
THOROUGH_S = 5.0
# One for files and one that they never hold, for callers who talk on and on.
LONG_WORKERS = 2


class Decoder(Protocol):
    """An engine as the streams see it."""

    @property
    def about(self) -> About:
        """Return what the engine is."""
        ...

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where the engine cannot listen like that."""
        ...

    @property
    def waiting(self) -> int:
        """Return how many jobs wait for the engine."""
        ...

    async def decode(self, job: Job) -> Decoded | None:
        """Return what was heard, or None where the job was no longer wanted at its turn."""
        ...


@dataclass(slots=True)
class _Taken:
    """A job that remembers what was taken of it."""

    job: Job
    speech: Speech | None = None

    def take(self) -> Speech | None:
        self.speech = self.job.take()
        return self.speech


class QueuedDecoder:
    """Two blocking engines, which hear the same: `short` and, of `LONG_WORKERS`, `long`."""

    def __init__(
        self,
        short: BatchEngine,
        long: BatchEngine,
        limits: Limits,
        short_s: float,
        max_streams: int,
        watch: Watch = UNWATCHED,
        diligence: Diligence = UNKEPT,
    ) -> None:
        self._engine = short
        self._short_s = short_s
        max_waiting = JOBS_PER_STREAM * max_streams
        self._short = Lane(short, limits, max_waiting, 1, watch, diligence)
        self._long = Lane(long, limits, max_waiting, LONG_WORKERS, watch, diligence)

    @property
    def about(self) -> About:
        """Return what the engine is."""
        return self._engine.about

    @property
    def waiting(self) -> int:
        """Return how many jobs wait for the engine."""
        return self._short.waiting + self._long.waiting

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where the engine cannot listen like that."""
        self._engine.check(language, script)

    async def decode(self, job: Job) -> Decoded | None:
        """Return what was heard, the second time too where the first was doubtful and not a draft.

        While a caller waits for what is long few of the others' partials are begun: from the short lane they
        would outrun it for ever.
        """
        if not job.bulk and job.seconds <= self._short_s:
            return await self._hear(self._short, job)
        if job.bulk or job.urgency is not Urgency.FINAL:
            return await self._hear(self._long, job)
        with self._short.giving_way(job.stream):
            return await self._hear(self._long, job)

    def shut(self) -> None:
        """End all threads, once their work in progress is done."""
        self._short.shut()
        self._long.shut()

    async def _hear(self, lane: Lane, job: Job) -> Decoded | None:
        taken = _Taken(job)
        first = await lane.decode(replace(job, take=taken.take))
        speech = taken.speech
        if first is None or speech is None or speech.draft:
            return first
        if not self._engine.doubts(first.hypothesis):
            return first
        thorough = replace(
            job,
            take=lambda: replace(speech, thorough=True),
            seconds=job.seconds + THOROUGH_S,
            kind=(job.kind, "thorough"),
        )
        try:
            again = await lane.decode(thorough)
        except Exception as error:  # noqa: BLE001 - what was heard first is an answer
            log.warning("speech could not be heard again: %s", type(error).__name__)
            return first
        return first if again is None else _joined(first, again)


def _joined(first: Decoded, again: Decoded) -> Decoded:
    timing = Timing(
        first.timing.queue_ms + again.timing.queue_ms,
        first.timing.compute_ms + again.timing.compute_ms,
    )
    return Decoded(better(first.hypothesis, again.hypothesis), timing)
