"""From the event loop to a blocking engine and back: one thread, the more urgent speech first.

The audio of a job is taken when its turn comes, not when it is asked for: a partial is then never stale, and
a job whose reason has gone by costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from time import perf_counter
from typing import Protocol

from antiphon.timing import Timing
from inference.asr.engine import About, Engine, Hypothesis, Script, Speech
from inference.asr.gate import Gate

# Of each stream at most one partial, one pause or final, and one cut piece wait.
JOBS_PER_STREAM = 3


class Urgency(IntEnum):
    """Who goes first: somebody waits for the end of an utterance, nobody for a partial."""

    FINAL = 0
    PARTIAL = 1


@dataclass(frozen=True, slots=True)
class Job:
    """Speech to decode: `take` returns it when its turn has come, or None if it is no longer wanted."""

    urgency: Urgency
    take: Callable[[], Speech | None]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A hypothesis and how long it took."""

    hypothesis: Hypothesis
    timing: Timing


class Decoder(Protocol):
    """An engine as the streams see it."""

    @property
    def about(self) -> About:
        """Return what the engine is."""
        ...

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where the engine cannot listen like that."""
        ...

    async def decode(self, job: Job) -> Decoded | None:
        """Return what was heard, or None where the job was no longer wanted at its turn."""
        ...


class QueuedDecoder:
    """A blocking engine on its own thread.

    Cancelling `decode` gives up the turn. Work that has begun cannot be stopped: it runs to its end for
    nobody, and holds its place until then.
    """

    def __init__(self, engine: Engine, max_streams: int) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "asr-engine")
        self._gate = Gate(places=1, max_waiting=JOBS_PER_STREAM * max_streams)

    @property
    def about(self) -> About:
        """Return what the engine is."""
        return self._engine.about

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where the engine cannot listen like that."""
        self._engine.check(language, script)

    async def decode(self, job: Job) -> Decoded | None:
        """Return what was heard; an engine's failure is raised here."""
        asked = perf_counter()
        await self._gate.enter(job.urgency)
        work = self._begin(job, asked)
        return None if work is None else await asyncio.shield(work)

    def _begin(self, job: Job, asked: float) -> asyncio.Future[Decoded] | None:
        """Hand the job to the thread, and the place on to the next when the thread is done with it."""
        speech = None
        try:
            speech = job.take()
        finally:
            if speech is None:
                self._gate.leave()
        if speech is None:
            return None
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._timed, speech, asked)
        work.add_done_callback(lambda _: self._gate.leave())
        return work

    def _timed(self, speech: Speech, asked: float) -> Decoded:
        started = perf_counter()
        hypothesis = self._engine.decode(speech)
        done = perf_counter()
        return Decoded(hypothesis, Timing((started - asked) * 1000, (done - started) * 1000, 0.0))

    def shut(self) -> None:
        """End the thread, once its work in progress is done."""
        self._thread.shutdown(wait=True, cancel_futures=True)
