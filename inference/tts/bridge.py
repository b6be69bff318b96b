"""The one way from the event loop to a blocking voice: one thread, one computation at a time.

Callers take turns stage by stage, as `schedule` decides: a new caller waits for at most the computation in
progress, however many others are being spoken to, and what several of them need alike is computed in one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import perf_counter

from antiphon.diligence import UNKEPT, Diligence
from inference.tts.engine import Deadline, EngineInfo, Piece, Said, Speech, Step, Voice
from inference.tts.schedule import Schedule
from inference.tts.stage import AnyStage, Stage, compute
from inference.tts.watch import UNWATCHED, Watch


@dataclass(slots=True, eq=False)
class Turn:
    """The making of one piece for one call; cancelling its future abandons it between two stages."""

    speech: Speech
    deadline: float
    future: Future[Step | None] = field(default_factory=Future)
    asked: float = field(default_factory=perf_counter)
    compute_s: float = 0.0
    stage: AnyStage | None = None  # that it waits for

    def end(self, piece: Piece | None) -> None:
        """Give the caller the piece, or None where there is no more."""
        if not self.future.set_running_or_notify_cancel():
            return
        waited_s = perf_counter() - self.asked - self.compute_s
        ms = waited_s * 1000, self.compute_s * 1000
        self.future.set_result(None if piece is None else Step(piece, *ms))

    def fail(self, error: BaseException) -> None:
        """Give the caller the error."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Turns:
    """A thread that does the most urgent of the work it was given, `most` turns in one computation."""

    def __init__(
        self, most: int = 1, watch: Watch = UNWATCHED, diligence: Diligence = UNKEPT
    ) -> None:
        self._most = most
        self._watch = watch
        self._diligence = diligence
        self._asked: list[Turn] = []  # at most one a call, so the bound on calls is its bound
        self._schedule: Schedule[Turn] = Schedule()
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="tts-voice", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._asked) + len(self._schedule)

    def do(self, speech: Speech, deadline: float) -> Future[Step | None]:
        """Return the future of the next piece of `speech`, or of None where there is no more."""
        turn = Turn(speech, deadline)
        with self._changed:
            self._asked.append(turn)
            self._changed.notify()
        return turn.future

    def shut(self) -> None:
        """Drop what waits, and return when the computation in progress has ended."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()
        for turn in [*self._asked, *self._schedule.clear()]:
            turn.future.cancel()

    def _run(self) -> None:
        while self._wait():
            taken = self._schedule.take(self._most)
            if batch := [turn for turn in taken if not turn.future.cancelled()]:
                self._watch.batch(len(batch))
                self._compute(batch)
            del taken, batch  # or what they hold would live until the next work comes

    def _wait(self) -> bool:
        """Schedule what was asked for, and return True once there is work, or False when there is no more."""
        with self._changed:
            while self._open and not self._asked and not self._schedule:
                self._changed.wait()
            if not self._open:
                return False
            asked, self._asked = self._asked, []
        for turn in asked:
            self._go_on(turn)
        return True

    def _compute(self, batch: Sequence[Turn]) -> None:
        started = perf_counter()
        try:
            with self._diligence.piece():
                compute([turn.stage for turn in batch if turn.stage is not None])
        except BaseException as error:  # noqa: BLE001 - the thread's boundary: the caller gets it
            if len(batch) == 1:
                batch[0].fail(error)
            else:  # what cannot be computed for one, or for so many, must not fail the others
                for turn in batch:
                    self._compute([turn])
            return
        took_s = perf_counter() - started
        for turn in batch:
            turn.compute_s += took_s
            self._go_on(turn)

    def _go_on(self, turn: Turn) -> None:
        """Let a call's speech come to its next stage, which takes its turn, or to its next piece."""
        if turn.future.cancelled():
            return
        try:
            with self._diligence.piece():
                item = next(turn.speech, None)
        except BaseException as error:  # noqa: BLE001 - likewise
            turn.fail(error)
            return
        if isinstance(item, Stage):
            turn.stage = item
            self._schedule.add(turn, item.kind, turn.deadline)
        else:
            turn.end(item)


class BridgedEngine:
    """An `Engine` over a blocking `Voice`, which computes for at most `most` calls at once.

    A caller that is cancelled takes no further turn: the computation in progress is the most that is done
    for nobody.
    """

    def __init__(
        self,
        voice: Voice,
        most: int = 1,
        watch: Watch = UNWATCHED,
        diligence: Diligence = UNKEPT,
    ) -> None:
        self._voice = voice
        self._turns = Turns(most, watch, diligence)

    @property
    def info(self) -> EngineInfo:
        """What the voice runs."""
        return self._voice.info

    @property
    def waiting(self) -> int:
        """How many calls wait for the voice."""
        return self._turns.waiting

    async def speak(
        self, words: Sequence[Said], speed: float, deadline: Deadline
    ) -> AsyncIterator[Step]:
        """See `Engine.speak`."""
        speech = self._voice.speak(words, speed)
        while (step := await asyncio.wrap_future(self._turns.do(speech, deadline()))) is not None:
            yield step

    def close(self) -> None:
        """Let the computation in progress end, then release the voice."""
        self._turns.shut()
        self._voice.close()
