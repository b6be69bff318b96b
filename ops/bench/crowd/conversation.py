"""One caller of a crowd: asks, listens to the answer, pauses, asks the next, until hung up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from antiphon.audio import Encoding, encode
from ops.bench.calls.caller import FRAME_MS, FRAME_SAMPLES, microphone
from ops.bench.calls.line import Event, Line
from ops.bench.calls.record import Record
from ops.bench.crowd.questions import Question

# After the question; a caller would say it again.
ANSWER_S = 12.0
# A reply takes 4 to 5 s.
HEAR_OUT_S = 15.0
# People leave so much between an answer and what they say to it.
PAUSES_S = (0.4, 1.6)
STAND_S = 20.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what became of it; `voice_to_voice_ms` None: no answer within the bound."""

    question: str
    voice_to_voice_ms: float | None
    cut_off: bool


@dataclass(slots=True)
class Notes:
    """What a process of callers has seen since it was last asked.

    `late_ms` is by how much its loop woke too late for a frame, `behind_ms` by how much frames left too
    late: a gateway that takes them slowly holds them up.
    """

    turns: list[Turn] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    behind_ms: list[float] = field(default_factory=list)


class Conversation:
    """Holds one session over `line`; `first` is the question that it begins with.

    `simulated`: the recogniser is told what is said, a question at a time.
    """

    def __init__(
        self,
        line: Line,
        questions: Sequence[Question],
        first: int,
        notes: Callable[[], Notes],
        *,
        simulated: bool,
    ) -> None:
        self._line = line
        self._questions = questions
        self._first = first
        self._notes = notes
        self._simulated = simulated
        self._random = random.Random(first)
        self._stands = asyncio.Event()
        self._news = asyncio.Event()
        self._record = Record()
        self._origin_s = 0.0
        self._frame = microphone(questions[first % len(questions)].samples[-FRAME_SAMPLES * 10 :])
        self._frames_from = self._frames = 0

    async def hold(self) -> None:
        """Talk until cancelled; raise where the line or the session fails."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive())
            async with asyncio.timeout(STAND_S):
                await self._stands.wait()
            tasks.create_task(self._speak())
            await self._converse()

    async def _receive(self) -> None:
        async for item in self._line.received():
            at_ms = self._now_ms()
            if isinstance(item, bytes):
                self._record.audio(item, at_ms)
            else:
                self._record.event(item, at_ms)
                if item["type"] in ("session.created", "session.updated"):
                    self._stands.set()
            self._news.set()
        raise ConnectionError("the session has ended")

    async def _speak(self) -> None:
        """Send what the microphone hears: a frame when its last sample is there."""
        loop = asyncio.get_running_loop()
        origin_s = self._origin_s = loop.time()
        while True:
            due_s = origin_s + (self._frames + 1) * FRAME_MS / 1000
            in_time = loop.time() < due_s
            await asyncio.sleep(due_s - loop.time())
            behind_ms = (loop.time() - due_s) * 1000
            self._notes().behind_ms.append(behind_ms)
            if in_time:
                self._notes().late_ms.append(behind_ms)
            frame = self._frame(self._frames - self._frames_from)
            self._frames += 1
            await self._line.hear(encode(frame, Encoding.PCM_S16LE))

    async def _converse(self) -> None:
        number = self._first
        while True:
            question = self._questions[number % len(self._questions)]
            await self._introduce(question, number)
            await self._ask(question)
            await self._hear_out()
            await asyncio.sleep(self._random.uniform(*PAUSES_S))
            number += 1

    async def _introduce(self, question: Question, number: int) -> None:
        if not self._simulated:
            return
        # A script that is the same as before would go on, not begin anew: never twice the same.
        simulation = {"text": question.text, "voiced_ms": question.voiced_ms + number % 2}
        update: Event = {"type": "realtime", "antiphon": {"simulation": simulation}}
        self._stands.clear()
        await self._line.tell({"type": "session.update", "session": update})
        async with asyncio.timeout(STAND_S):
            await self._stands.wait()

    async def _ask(self, question: Question) -> None:
        self._record = record = Record()
        self._frame = microphone(question.samples)
        self._frames_from = self._frames
        answered = await self._until(
            lambda: record.audible_after(question.last_ms) is not None,
            question.last_ms / 1000 + ANSWER_S,
        )
        reply = record.audible_after(question.last_ms) if answered else None
        audible_ms = reply.audible_ms if reply is not None else None
        voice_to_voice_ms = None if audible_ms is None else audible_ms - question.last_ms
        cut_off = record.audible_before(question.last_ms)
        self._notes().turns.append(Turn(question.name, voice_to_voice_ms, cut_off))

    async def _hear_out(self) -> None:
        record = self._record
        await self._until(lambda: all(one.done is not None for one in record.replies), HEAR_OUT_S)

    async def _until(self, so: Callable[[], bool], within_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not so():
                    self._news.clear()
                    await self._news.wait()
                return True
        return False

    def _now_ms(self) -> float:
        """Return the time since the first sample of what is being asked."""
        origin_s = self._origin_s + self._frames_from * FRAME_MS / 1000
        return (asyncio.get_running_loop().time() - origin_s) * 1000
