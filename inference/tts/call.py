"""One Synthesize call: a reader that cuts text into clauses, a speaker that takes them in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from antiphon.errors import InvalidInput
from antiphon.timing import Timing
from antiphon.v1 import synthesizer_pb2 as pb
from inference.tts.clauses import Clause, Clauser
from inference.tts.engine import Engine
from inference.tts.normalise import normalise
from inference.tts.output import Chunk, Format, Output
from inference.tts.watch import UNWATCHED, Watch
from inference.tts.work import Work

# The contract's bound on one message of text.
MAX_MESSAGE_BYTES = 16 * 1024
# About two hours of speech; more in one call is a mistake, and would hold the voice from others.
MAX_CALL_CHARACTERS = 100_000
# Clauses read ahead of the voice: a minute of speech. Then reading waits, and with it the client.
MAX_WAITING = 32

Send = Callable[[pb.SynthesizeResponse], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Order:
    """How the caller wants the text spoken."""

    format: Format
    speed: float
    guest: bool = False


class _Flush:
    """Stands in the queue where the client asked for a flush."""


class Call:
    """Speaks one call's text; `read` and `speak` run at the same time, each once."""

    def __init__(self, engine: Engine, order: Order, send: Send, watch: Watch = UNWATCHED) -> None:
        self._engine = engine
        self._watch = watch
        self._order = order
        self._send = send
        self._clauser = Clauser()
        self._characters = 0
        self._waiting: asyncio.Queue[Clause | _Flush | None] = asyncio.Queue(MAX_WAITING)
        self._output = Output(engine.info.sample_rate_hz, order.format)
        self._span = pb.TextSpan()
        self._work = Work(guest=order.guest)

    @property
    def timing(self) -> Timing | None:
        """What the engine did for this call, or None where nothing was handed to it."""
        return self._work.timing

    async def read(self, requests: AsyncIterator[pb.SynthesizeRequest]) -> None:
        """Take the requests after the first until the client half-closes."""
        async for request in requests:
            match request.WhichOneof("request"):
                case "text":
                    await self._queue(self._clauser.feed(self._checked(request.text)))
                case "flush":
                    await self._queue(self._clauser.flush())
                    await self._waiting.put(_Flush())
                case _:
                    raise InvalidInput(
                        "each request after the first must hold text or flush",
                        reason="CONFIG_TWICE",
                    )
        await self._queue(self._clauser.flush())
        await self._waiting.put(None)

    async def speak(self) -> None:
        """Speak what `read` finds, in order, until its end."""
        while (item := await self._waiting.get()) is not None:
            if isinstance(item, Clause):
                await self._say(item)
            else:
                await self._flush()
        await self._give(self._output.flush())

    def _checked(self, text: str) -> str:
        size = len(text.encode())
        self._characters += len(text)
        if size > MAX_MESSAGE_BYTES:
            raise InvalidInput(
                f"a message of text holds {size} bytes, and at most {MAX_MESSAGE_BYTES} are taken; "
                "send it in pieces",
                reason="TEXT_TOO_LONG",
            )
        if self._characters > MAX_CALL_CHARACTERS:
            raise InvalidInput(
                f"the text of one call holds at most {MAX_CALL_CHARACTERS} characters; "
                "speak the rest in another call",
                reason="TEXT_TOO_LONG",
            )
        return text

    async def _queue(self, clauses: list[Clause]) -> None:
        for clause in clauses:
            await self._waiting.put(clause)

    async def _say(self, clause: Clause) -> None:
        words = normalise(clause.text, clause.start, clause.mark)
        if not words:
            return
        self._span = pb.TextSpan(start=clause.start, end=clause.end)
        self._output.begin_clause()
        self._work.ask()
        steps = self._engine.speak(words, self._order.speed, self._work.deadline)
        async for step in steps:
            self._watch.waited(step.queue_ms)
            self._work.add(step, self._engine.info.sample_rate_hz)
            await self._give(self._output.feed(step.piece))
        self._output.end_clause(words[-1].mark)

    async def _flush(self) -> None:
        await self._give(self._output.flush())
        await self._send(pb.SynthesizeResponse(flushed=pb.Flushed(end_ms=self._output.end_ms)))

    async def _give(self, chunk: Chunk | None) -> None:
        if chunk is not None:
            await self._send(pb.SynthesizeResponse(audio=_message(chunk, self._span)))


def _message(chunk: Chunk, span: pb.TextSpan) -> pb.AudioChunk:
    words = [
        pb.SpokenWord(
            span=pb.TextSpan(start=word.span.start, end=word.span.end),
            start_ms=word.start_ms,
            end_ms=word.end_ms,
        )
        for word in chunk.words
    ]
    return pb.AudioChunk(audio=chunk.audio, start_ms=chunk.start_ms, span=span, words=words)
