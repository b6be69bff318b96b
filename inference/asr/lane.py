"""From the event loop to a blocking engine and back, by a schedule: some workers that decode batches.

The audio of a job is taken when its turn comes, not when it is asked for: a partial is then never stale, and
a job whose reason has gone by costs nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import inf
from time import perf_counter

from antiphon.diligence import UNKEPT, Diligence
from antiphon.errors import Exhausted
from antiphon.timing import Timing
from inference.asr.engine import BatchEngine, Hypothesis, Speech
from inference.asr.job import Decoded, Job, Urgency
from inference.asr.schedule import Ask, Limits, Schedule
from inference.asr.watch import UNWATCHED, Watch

# A caller feels a second's wait for an answer; a partial that is older tells what the next would tell better;
# who sends a file waits for all of it, and gRPC's clients often give a call a minute.
LATEST_S = {Urgency.FINAL: 1.0, Urgency.PARTIAL: 2.0}
LATEST_BULK_S = 20.0
# While the lane gives way, partials that are late begin so seldom; else one caller's long speech would leave
# all others without.
WHILE_GIVING_WAY_S = 0.5

Answer = Hypothesis | Exception


@dataclass(frozen=True, slots=True)
class _Turn:
    job: Job
    asked: float
    done: asyncio.Future[Decoded | None]

    def take(self) -> Speech | None:
        """Return what to decode; None where nobody wants it, or it failed, which is told here."""
        if self.done.done():
            return None
        try:
            speech = self.job.take()
        except Exception as error:  # noqa: BLE001 - it is raised where the job was asked for
            self.done.set_exception(error)
            return None
        if speech is None:
            self.done.set_result(None)
        return speech

    def tell(self, answer: Answer, started: float, ended: float) -> None:
        """Pass on what work from `started` to `ended` came to, where somebody still waits for it."""
        if self.done.done():
            return
        if isinstance(answer, Exception):
            self.done.set_exception(answer)
            return
        timing = Timing((started - self.asked) * 1000, (ended - started) * 1000, 0.0)
        self.done.set_result(Decoded(answer, timing))


class Lane:
    """An engine with `workers`, each of which decodes a batch at a time on a thread of its own.

    Bulk never holds the last of several workers: a caller's speech then waits for no file. At most
    `max_waiting` jobs wait, further ones are refused.
    """

    def __init__(
        self,
        engine: BatchEngine,
        limits: Limits,
        max_waiting: int,
        workers: int = 1,
        watch: Watch = UNWATCHED,
        diligence: Diligence = UNKEPT,
    ) -> None:
        self._engine = engine
        self._watch = watch
        self._diligence = diligence
        self._max_waiting = max_waiting
        self._threads = ThreadPoolExecutor(workers, "asr-engine")
        self._free = workers
        self._most_bulk = max(workers - 1, 1)
        self._bulk = 0
        self._given_way: Counter[Hashable] = Counter()
        self._partial_s = -inf  # when one was last begun though the lane gave way
        self._schedule = Schedule(limits)
        self._turns: dict[int, _Turn] = {}
        self._tickets = count()

    async def decode(self, job: Job) -> Decoded | None:
        """Return what was heard; an engine's failure is raised here.

        Cancelling gives up the turn. Work that has begun cannot be stopped: it runs to its end for nobody.
        """
        if len(self._schedule) >= self._max_waiting:
            raise Exhausted(
                f"{self._max_waiting} pieces of speech wait for the engine already; try again shortly"
            )
        loop = asyncio.get_running_loop()
        ask = _ask(next(self._tickets), job, loop.time())
        turn = self._turns[ask.ticket] = _Turn(job, perf_counter(), loop.create_future())
        self._schedule.add(ask)
        self._start()
        try:
            return await turn.done
        finally:
            self._schedule.drop(ask.ticket)
            self._turns.pop(ask.ticket, None)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return len(self._schedule)

    @contextmanager
    def giving_way(self, stream: Hashable) -> Iterator[None]:
        """Meanwhile start no partials but those of `stream`, which waits elsewhere, and few that are late."""
        self._given_way[stream] += 1
        try:
            yield
        finally:
            self._given_way -= Counter([stream])
            self._start()

    def _may_start(self, now_s: float, ask: Ask) -> bool:
        if ask.bulk and self._bulk >= self._most_bulk:
            return False
        if ask.urgency == Urgency.FINAL or self._given_way.keys() <= {ask.stream}:
            return True
        return ask.deadline_s <= now_s >= self._partial_s + WHILE_GIVING_WAY_S

    def _start(self) -> None:
        """Hand out work for as long as there is a worker and somebody who waits."""
        now_s = asyncio.get_running_loop().time()
        may = partial(self._may_start, now_s)
        while self._free and (asks := self._schedule.next(now_s, may)):
            if self._given_way and asks[0].urgency != Urgency.FINAL:
                self._partial_s = now_s
            wanted = [*self._wanted(asks)]
            if wanted:
                self._hand_over(wanted, bulk=asks[0].bulk)

    def _wanted(self, asks: Sequence[Ask]) -> Iterator[tuple[_Turn, Speech]]:
        for ask in asks:
            turn = self._turns[ask.ticket]
            speech = turn.take()
            if speech is not None:
                self._schedule.charge(ask)
                yield turn, speech

    def _hand_over(self, wanted: Sequence[tuple[_Turn, Speech]], *, bulk: bool) -> None:
        self._free -= 1
        self._bulk += bulk
        self._watch.batch(len(wanted))
        turns = [turn for turn, _ in wanted]
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._timed, [speech for _, speech in wanted]
        )
        work.add_done_callback(partial(self._finish, turns, bulk))

    def _timed(self, speeches: list[Speech]) -> tuple[list[Answer], float, float]:
        started = perf_counter()
        return self._answers(speeches), started, perf_counter()

    def _answers(self, speeches: list[Speech]) -> list[Answer]:
        try:
            with self._diligence.piece():
                answers = [*self._engine.decode_batch(speeches)]
            if len(answers) == len(speeches):
                return [*answers]
            raise RuntimeError(f"the engine gave {len(answers)} answers to {len(speeches)} pieces")
        except BaseException as error:  # noqa: BLE001 - the calls behind it fail, each with its own error
            failure = _failure(error)
        if len(speeches) == 1:
            return [failure]
        # What fails with one stream's speech must not fail the others: then each goes alone.
        return [answer for speech in speeches for answer in self._answers([speech])]

    def _finish(
        self,
        turns: Sequence[_Turn],
        bulk: bool,
        work: asyncio.Future[tuple[list[Answer], float, float]],
    ) -> None:
        self._free += 1
        self._bulk -= bulk
        if work.cancelled():  # by `shut`, when no call is left
            return
        answers, started, ended = work.result()
        for turn, answer in zip(turns, answers, strict=True):
            self._watch.decoded(turn.job, started - turn.asked, ended - started)
            turn.tell(answer, started, ended)
        self._start()

    def shut(self) -> None:
        """End the workers, once what they have begun is done."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _failure(error: BaseException) -> Exception:
    """Return what a future can hold and the boundary of a call catches.

    A panic of Rust's in `tokenizers` is no `Exception`, and a future refuses `StopIteration`.
    """
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    failure = RuntimeError(f"the engine failed with {type(error).__name__}")
    failure.__cause__ = error
    return failure


def _ask(ticket: int, job: Job, now_s: float) -> Ask:
    latest_s = LATEST_BULK_S if job.bulk else LATEST_S[job.urgency]
    return Ask(ticket, job.stream, job.urgency, job.seconds, now_s + latest_s, job.bulk, job.kind)
