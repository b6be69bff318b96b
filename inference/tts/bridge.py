"""The one way from the event loop to a blocking voice: one thread, one piece of work at a time.

Callers take turns piece by piece, and who runs out of audio first is served first: a new caller waits for
at most the piece in progress, however many others are being spoken to.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import count
from time import perf_counter

from inference.tts.engine import Deadline, EngineInfo, Piece, Said, Step, Voice

Work = Callable[[], Step | None]
Job = tuple[float, int, Future[Step | None], Work]


class Turns:
    """A thread that does the most urgent of the work it was given.

    The heap holds at most one piece of work a call, so the bound on calls is its bound.
    """

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="tts-voice", daemon=True)
        self._thread.start()

    def do(self, work: Work, deadline: float) -> Future[Step | None]:
        """Return the future of `work`; cancelling it before it has begun takes it from the heap."""
        future: Future[Step | None] = Future()
        with self._changed:
            heapq.heappush(self._jobs, (deadline, next(self._numbers), future, work))
            self._changed.notify()
        return future

    def shut(self) -> None:
        """Drop what waits, and return when the work in progress has ended."""
        with self._changed:
            self._open = False
            for _, _, future, _ in self._jobs:
                future.cancel()
            self._jobs.clear()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            _, _, future, work = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - the thread's boundary: the caller gets it
                future.set_exception(error)
            else:
                future.set_result(result)
            del job, future, work  # or they would live until the next work comes

    def _next(self) -> Job | None:
        with self._changed:
            while self._open and not self._jobs:
                self._changed.wait()
            return heapq.heappop(self._jobs) if self._open else None


class BridgedEngine:
    """An `Engine` over a blocking `Voice`.

    A caller that is cancelled takes no further turn: the piece in progress is the most that is computed
    for nobody.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._turns = Turns()

    @property
    def info(self) -> EngineInfo:
        """What the voice runs."""
        return self._voice.info

    async def speak(
        self, words: Sequence[Said], speed: float, deadline: Deadline
    ) -> AsyncIterator[Step]:
        """See `Engine.speak`."""
        pieces = self._voice.speak(words, speed)
        while (step := await self._turn(pieces, deadline())) is not None:
            yield step

    def close(self) -> None:
        """Let the piece in progress end, then release the voice."""
        self._turns.shut()
        self._voice.close()

    async def _turn(self, pieces: Iterator[Piece], deadline: float) -> Step | None:
        asked = perf_counter()
        return await asyncio.wrap_future(self._turns.do(lambda: _step(pieces, asked), deadline))


def _step(pieces: Iterator[Piece], asked: float) -> Step | None:
    started = perf_counter()
    for piece in pieces:
        return Step(piece, (started - asked) * 1000, (perf_counter() - started) * 1000)
    return None
