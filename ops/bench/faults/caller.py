"""A caller who holds one session through all faults, and asks one question a round."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from antiphon.audio import Encoding, decode, encode
from antiphon.errors import Unavailable
from ops.bench.bench import Transport
from ops.bench.calls.caller import FRAME_MS, microphone
from ops.bench.calls.line import Event, Line, dial
from ops.bench.calls.record import RATE_HZ, first_audible_ms
from ops.bench.crowd.questions import Question
from ops.bench.faults.hit import Asked, Said
from ops.bench.services import Running

STAND_S = 20.0
# What the client asks for, so that a turn's end is known: its last voiced sample, and this silence.
SILENCE_MS = 500
# After the turn's end; a restarted engine is back within seconds.
ANSWER_S = 20.0
# The rest of an answer: it is heard out, so that the next question interrupts nothing.
HEAR_OUT_S = 8.0
PAUSE_S = 0.3


class Caller:
    """`talk` is a task that holds the session, calling again where it was lost; `ask` is one turn."""

    def __init__(
        self, services: Running, transport: Transport, apology: str, *, simulated: bool
    ) -> None:
        self._services = services
        self._transport = transport
        self._apology = apology
        self._simulated = simulated
        self._line: Line | None = None
        self._stands = asyncio.Event()
        self._news = asyncio.Event()
        self._asked: Asked | None = None
        self._losses: list[str] = []
        self._frame = microphone(np.zeros(RATE_HZ, np.int16))
        self._frames = 0
        self._rounds = 0
        self._last = ""  # what is told where it does not go on

    async def talk(self) -> None:
        """Hold a session until cancelled; calls again where it ends."""
        while True:
            try:
                async with dial(self._transport, self._services) as line:
                    self._line = line
                    await self._hold(line)
            except Exception as error:  # noqa: BLE001 - each transport's library ends in its own way
                self._lose(type(_first(error)).__name__)
            self._line = None
            self._stands.clear()
            await asyncio.sleep(PAUSE_S)

    async def ready(self) -> None:
        """Return once the session stands; raise `Unavailable` where it does not for long."""
        try:
            async with asyncio.timeout(STAND_S):
                await self._stands.wait()
        except TimeoutError:
            raise Unavailable(
                f"a caller's session did not stand within {STAND_S:.0f} s; the last of it: "
                f"{self._last or 'nothing'}"
            ) from None

    def losses(self) -> list[str]:
        """Return why sessions ended since this was last asked."""
        lost, self._losses = self._losses, []
        return lost

    async def ask(self, question: Question, after_s: float) -> Asked:
        """Ask after a pause, and return what became of it once it was answered and heard out, or given up."""
        await self._introduce(question)
        await asyncio.sleep(after_s)
        begun_ms = _now_ms()
        asked = self._asked = Asked(
            begun_ms + question.last_ms - question.voiced_ms,
            begun_ms + question.last_ms + SILENCE_MS,
        )
        self._frame, self._frames = microphone(question.samples), 0
        await self._until(lambda: self._over(asked), question.last_ms / 1000 + ANSWER_S)
        await self._until(lambda: self._silent(asked), HEAR_OUT_S)
        self._asked = None
        return asked

    async def _hold(self, line: Line) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._speak(line))
            async for item in line.received():
                if isinstance(item, bytes):
                    self._hear(item)
                else:
                    await self._take(line, item)
                self._news.set()
            raise Unavailable("the session has ended")

    async def _speak(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s += FRAME_MS / 1000
            await asyncio.sleep(due_s - loop.time())
            frame = self._frame(self._frames)
            self._frames += 1
            await line.hear(encode(frame, Encoding.PCM_S16LE))

    async def _introduce(self, question: Question) -> None:
        await self.ready()
        if not self._simulated or self._line is None:
            return
        self._rounds += 1
        # A script that is the same as before would go on, not begin anew: never twice the same.
        simulation = {"text": question.text, "voiced_ms": question.voiced_ms + self._rounds % 2}
        self._stands.clear()
        with suppress(Exception):  # of a line that has just ended: `talk` calls again
            await self._line.tell(_update({"antiphon": {"simulation": simulation}}))
        await self.ready()

    async def _take(self, line: Line, event: Event) -> None:
        self._last = event["type"]
        match event["type"]:
            case "session.created":
                detection = {"type": "server_vad", "silence_duration_ms": SILENCE_MS}
                audio = {"input": {"turn_detection": detection}}
                await line.tell(_update({"audio": audio}))
            case "session.updated":
                self._stands.set()
            case _ if self._asked is not None:
                note(self._asked, event, _now_ms())

    def _hear(self, audio: bytes) -> None:
        offset_ms = first_audible_ms(decode(audio, Encoding.PCM_S16LE))
        if offset_ms is None or self._asked is None:
            return
        if self._asked.replies:
            self._asked.replies[-1].heard_ms.append(_now_ms() + offset_ms)

    def _lose(self, why: str) -> None:
        self._last = why
        if self._line is not None:  # else it never stood, and was counted when the one before ended
            self._losses.append(why)
        if self._asked is not None:
            self._asked.lost = why
        self._news.set()

    def _over(self, asked: Asked) -> bool:
        return bool(asked.lost) or asked.answer(self._apology) is not None

    def _silent(self, asked: Asked) -> bool:
        return bool(asked.lost) or all(reply.status for reply in asked.replies)

    async def _until(self, so: Callable[[], bool], within_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not so():
                    self._news.clear()
                    await self._news.wait()


def note(asked: Asked, event: Event, at_ms: float) -> None:
    """Note what a server event tells of the replies to what was asked."""
    match event["type"]:
        case "response.created":
            asked.replies.append(Said(event["response"]["id"]))
        case "response.output_audio_transcript.done":
            for reply in asked.replies:
                if reply.id == event["response_id"]:
                    reply.text = event["transcript"]
        case "response.done":
            for reply in asked.replies:
                if reply.id == event["response"]["id"]:
                    reply.status, reply.done_ms = event["response"]["status"], at_ms


def _update(session: Event) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * 1000
