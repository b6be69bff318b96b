"""The caller's side of a session: audio on its way to the recogniser, and what was heard in it.

A recogniser that dies or falls silent costs the caller nothing that they said: what it had not told the final
of is kept, and the next stream hears it again. Meanwhile nobody knows what is said; whoever has the floor is
told once the caller has fallen silent, by loudness alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from antiphon.audio import SAMPLE_BYTES, decode
from antiphon.errors import AntiphonError, Exhausted
from antiphon.observability.spans import TraceContext
from antiphon.v1.recognizer_pb2 import RecognizeResponse
from server.conversation.caller_level import CallerLevel
from server.conversation.loudness import fell_silent, level_db
from server.conversation.observer import UNOBSERVED, Observer
from server.conversation.tape import Tape
from server.conversation.timeline import Arrivals
from server.engines.failure import Engine, failure_of
from server.engines.recognizer import SERVICE, Recognition
from server.engines.services import Services
from server.realtime.session_config import SessionConfig

log = logging.getLogger(__name__)

# The last utterance, at most 28 s of speech, is decoded within a few seconds even by a busy CPU.
LAST_FINAL_S = 15.0
# A client that sends faster than is heard waits: what is ahead of the recogniser is kept here.
AHEAD_MS = 2000.0
# What comes at once is heard in pieces: of OpenAI's 15 MiB the recogniser takes 1 in a message, and where one
# of its streams ends, all of a piece is heard again or none. The shortest silence looked for is two of them.
PIECE_MS = 200
# A stream that only was cut is open again sooner, and the caller notices nothing.
AWAY_S = 0.25
# Silence is looked for so often: with ten callers at a time whose recogniser is away, it is most of the work.
LOOK_MS = 60.0
# Where loudness tells nothing, as in a noisy street.
LONGEST_AWAY_S = 3.0
# Who speaks again while it is still away is told again, though not because of the apology's own echo.
TELL_AGAIN_MS = 10_000.0
# An utterance that fails the recogniser so often is what it fails over.
MOST_FAILURES = 3
# Between two tries to open a stream at a service that says that it is well.
PAUSE_S = 0.5

OnHeard = Callable[[RecognizeResponse], Awaitable[None]]
OnForgone = Callable[[AntiphonError], Awaitable[None]]
OnUnheard = Callable[[], Awaitable[None]]


class Ear:
    """Opens its stream with the first audio, and listens as a task of the session's group.

    `on_heard` is awaited for each of the recogniser's events, in order; `on_unheard` where the caller has
    fallen silent while it is away, or its final is late; `on_forgone` where what was being said is given up.
    The listening task raises an `AntiphonError` where the recogniser refuses what it is asked for. Positions
    count from the session's first audio, whichever stream heard it.
    """

    def __init__(
        self,
        services: Services,
        tasks: asyncio.TaskGroup,
        on_heard: OnHeard,
        on_forgone: OnForgone,
        on_unheard: OnUnheard,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._services = services
        self._pulse = services.pulses.asr
        self._tasks = tasks
        self._on_heard = on_heard
        self._on_forgone = on_forgone
        self._on_unheard = on_unheard
        self._observer = observer
        self._arrivals = Arrivals()
        self.level = CallerLevel()
        self._tape = Tape()
        self._recognition: Recognition | None = None
        self._listening: asyncio.Task[None] | None = None
        self._hearing: tuple[object, ...] = ()
        self._committed_ms = 0.0
        self._trace: TraceContext | None = None  # of the utterance that was ended last
        self._asked: deque[float] = deque()  # when each final was asked for that has not come
        self._asked_changed = asyncio.Event()
        self._more, self._taken = asyncio.Event(), asyncio.Event()
        self._fed = 0  # the piece that the stream gets next
        self._fed_ms = 0.0
        self._closing = False
        self._speaking = False
        self._failures = 0  # one after another, over what is being said
        self._told = False  # whether the stream has told anything
        self._away_since_s: float | None = None
        self._told_unheard = False
        self._unheard_ms = 0.0  # where the caller was told
        self._look_at_ms = 0.0
        self.hears_again = False

    @property
    def fed_ms(self) -> float:
        """How much audio came."""
        return self._tape.end_ms

    @property
    def uncommitted_ms(self) -> float:
        """How much audio came since an utterance was last ended."""
        return self._tape.end_ms - self._committed_ms

    async def hear(self, audio: bytes, config: SessionConfig) -> None:
        """Take whole samples in `config`'s input format; wait where the recogniser is far behind."""
        if not audio:
            return
        wire = config.input_format
        bytes_per_s = wire.rate_hz * SAMPLE_BYTES[wire.encoding]
        piece_bytes = bytes_per_s * PIECE_MS // 1000
        # The recogniser's slowness is no part of when audio arrived.
        came_s = _now()
        for start in range(0, len(audio), piece_bytes):
            if start:
                await asyncio.sleep(0)  # nothing else waits where the recogniser is away
            self._open(config)
            piece = audio[start : start + piece_bytes]
            start_ms = self._tape.end_ms
            self._record(piece, len(piece) * 1000 / bytes_per_s, came_s)
            if config.replies:  # else there is nothing to interrupt
                self.level.note(decode(piece, wire.encoding), start_ms, self._tape.end_ms)
            await self._until_taken()
        await self._look_whether_unheard(config)

    async def finish_utterance(
        self, config: SessionConfig, trace: TraceContext | None = None
    ) -> None:
        """End the utterance now, as part of `trace`; its final follows."""
        self._open(config)
        self._committed_ms = self._tape.end_ms
        self._asked.append(_now())
        self._asked_changed.set()
        self._trace = trace
        self._tape.finish()
        self._more.set()

    def arrived_s(self, position_ms: float) -> float:
        """Return when the audio at `position_ms` arrived; now, where that is not known any more."""
        at_s = self._arrivals.when(position_ms)
        return _now() if at_s is None else at_s

    async def clear(self) -> None:
        """Forget what was heard since an utterance was last ended; that one's final comes first."""
        try:
            async with asyncio.timeout(LAST_FINAL_S):
                while self._asked:
                    self._asked_changed.clear()
                    await self._asked_changed.wait()
        except TimeoutError:
            log.warning("no final of an utterance %.0f s after its end", LAST_FINAL_S)
        self.drop()

    async def listen_by(self, config: SessionConfig) -> bool:
        """Hear out what was said in another format or language than `config`'s, with a bound.

        Return whether something was said that nobody will ever hear.
        """
        if self._listening is None or self._hearing == config.hearing:
            return False
        await self.close()
        unheard = self._speaking or bool(self._asked)
        self.drop()
        return unheard

    async def close(self) -> None:
        """Hear out what was said so far, with a bound."""
        # Whoever drops the stream meanwhile leaves nothing to wait for but the task's own end.
        listening = self._listening
        if listening is None:
            return
        self._closing = True
        self._more.set()
        await asyncio.wait({listening}, timeout=LAST_FINAL_S)
        if not listening.done():
            log.warning("no end of recognition %.0f s after the caller's", LAST_FINAL_S)
            listening.cancel()

    def drop(self) -> None:
        """Drop the stream; audio that follows opens another."""
        if self._recognition is not None:
            self._recognition.cancel()
        if self._listening is not None:
            self._listening.cancel()
        self._recognition = self._listening = None
        self._forget()
        self._away_since_s = None
        self._committed_ms = self._tape.end_ms

    def _record(self, audio: bytes, duration_ms: float, came_s: float) -> None:
        self._tape.add(audio, duration_ms, self._fed)
        self._arrivals.note(self._tape.end_ms, came_s)
        self._more.set()
        if not self._speaking and not self._asked and self._away_since_s is None:
            self._tape.rest(self._fed)

    def _forget(self) -> None:
        self._tape.clear()
        self._asked.clear()
        self._closing = self._speaking = self.hears_again = False
        self._failures, self._told_unheard = 0, False
        self._asked_changed.set()

    def _open(self, config: SessionConfig) -> None:
        if self._listening is None:
            self._hearing = config.hearing
            self._recognition = self._new_stream(config)
            self._listening = self._tasks.create_task(self._listen(self._recognition, config))

    def _new_stream(self, config: SessionConfig) -> Recognition:
        self._fed, self._fed_ms = self._tape.first, self._tape.start_ms
        return Recognition(self._services.recognizer, config, self._fed_ms, self._pulse)

    async def _listen(self, recognition: Recognition, config: SessionConfig) -> None:
        """Listen to one stream after another, until what was said is heard out."""
        while (problem := await self._to_its_end(recognition)) is not None:
            if self._away_since_s is None:
                log.warning("speech recognition is lost: %s", problem.message)
            if (failure := failure_of(problem)) is not None:
                self._observer.engine_failed(failure)
            await self._lose(problem)
            recognition = self._recognition = self._new_stream(config)
            self._observer.retried(Engine.ASR)

    async def _to_its_end(self, recognition: Recognition) -> AntiphonError | None:
        """Return what ended the stream too soon, where another one may do; raise where none will."""
        try:
            async with asyncio.TaskGroup() as group:
                feeding = group.create_task(self._feed(recognition))
                minding = group.create_task(self._mind())
                await self._take_events(recognition)
                feeding.cancel()
                minding.cancel()
        except BaseExceptionGroup as failed:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError from None  # a group that fails forgets that it was cancelled
            problem = failed.exceptions[0]
            if isinstance(problem, AntiphonError) and self._passes(problem):
                return problem
            raise problem from None
        finally:
            recognition.cancel()
        return None

    def _passes(self, problem: AntiphonError) -> bool:
        """Return whether the recogniser failed, and neither its hearer nor what it was asked for."""
        full = isinstance(problem, Exhausted) and self._away_since_s is None and not self._told
        return problem.service == SERVICE and problem.is_servers and not full

    async def _feed(self, recognition: Recognition) -> None:
        await recognition.open()
        while True:
            while (piece := self._tape.at(self._fed)) is not None:
                self._fed = max(self._fed, self._tape.first) + 1
                if piece.audio is None:
                    await recognition.finish_utterance(self._trace)
                else:
                    await recognition.feed(piece.audio)
                    self._fed_ms = piece.end_ms
                self._taken.set()
            self._away_since_s = None
            if self._closing:
                await recognition.half_close()
                return
            self._more.clear()
            await self._more.wait()

    async def _take_events(self, recognition: Recognition) -> None:
        self._told = False
        async for event in recognition.events():
            self._told, self._told_unheard = True, False
            if event.HasField("speech_started"):
                self._speaking = True
            await self._on_heard(event)
            if event.HasField("speech_started"):
                self.hears_again = False
            elif event.HasField("final"):
                self._note_final(event.final.end_ms)

    async def _mind(self) -> None:
        """Have it told where a final is late; raise where it does not come at all."""
        late_s, opened_s = self._services.deadlines.final_ms / 1000, _now()
        late: float | None = None  # when the one was asked for that is known to be late
        while True:
            asked_s = self._asked[0] if self._asked else None
            bound_s = LAST_FINAL_S if asked_s == late else late_s
            due_s = None if asked_s is None else max(asked_s, opened_s) + bound_s
            self._asked_changed.clear()
            try:
                async with asyncio.timeout_at(due_s):
                    await self._asked_changed.wait()
            except TimeoutError:
                if asked_s == late:
                    raise self._pulse.hangs(f"told no final for {LAST_FINAL_S:.0f} s") from None
                late = asked_s
                await self._tell_unheard()

    def _note_final(self, end_ms: float) -> None:
        self._committed_ms = max(self._committed_ms, end_ms)
        if self._asked:
            self._asked.popleft()
        self._speaking, self._failures = False, 0
        self._tape.settle(end_ms)
        self._asked_changed.set()

    async def _lose(self, problem: AntiphonError) -> None:
        """Return once another stream may be tried."""
        self._away_since_s = _now() if self._away_since_s is None else self._away_since_s
        self._taken.set()
        self.hears_again = self._speaking
        well = await self._well_at_once()
        # It dies of what it hears, or is well but for this.
        self._failures += well or self._told
        if self._failures >= MOST_FAILURES:
            await self._give_up(problem)
        if well:
            await asyncio.sleep(0 if self._failures == 1 else PAUSE_S)
            return
        if self._asked:
            await self._tell_unheard()
        await self._pulse.until_ready()

    async def _give_up(self, problem: AntiphonError) -> None:
        """Go on without what was said, and have the caller told, who waits for an answer."""
        told = self._told_unheard
        self._forget()
        await self._on_forgone(problem)
        self._told_unheard = told
        await self._tell_unheard()

    async def _well_at_once(self) -> bool:
        try:
            async with asyncio.timeout(AWAY_S):
                await self._pulse.until_ready()
        except TimeoutError:
            return False
        return True

    async def _until_taken(self) -> None:
        while self._away_since_s is None and self._tape.end_ms - self._fed_ms > AHEAD_MS:
            if self._listening is None or self._listening.done():
                return
            self._taken.clear()
            await self._taken.wait()

    async def _look_whether_unheard(self, config: SessionConfig) -> None:
        if self._away_since_s is None or self._tape.end_ms < self._look_at_ms:
            return
        away_s = _now() - self._away_since_s
        if away_s < AWAY_S:
            return
        self._look_at_ms = self._tape.end_ms + LOOK_MS
        speaking = self._speaking and not self._told_unheard
        from_ms = self._unheard_ms + TELL_AGAIN_MS if self._told_unheard else 0.0
        noisy = speaking and away_s > LONGEST_AWAY_S
        if noisy or fell_silent(self._levels(config, from_ms), speaking=speaking):
            self._told_unheard = False
            await self._tell_unheard()

    async def _tell_unheard(self) -> None:
        if not self._told_unheard:
            self._told_unheard, self._unheard_ms = True, self._tape.end_ms
            await self._on_unheard()

    def _levels(self, config: SessionConfig, from_ms: float) -> list[tuple[float, float]]:
        encoding = config.input_format.encoding
        found = []
        for piece in self._tape.pieces():
            if piece.audio and piece.start_ms >= from_ms:
                if piece.level_db is None:
                    piece.level_db = level_db(decode(piece.audio, encoding))
                found.append((piece.end_ms - piece.start_ms, piece.level_db))
        return found


def _now() -> float:
    return asyncio.get_running_loop().time()
