"""One Synthesize call: a reader that cuts text into clauses, a speaker that takes them in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

from antiphon.errors import InvalidInput
from antiphon.timing import Timing
from antiphon.v1 import synthesizer_pb2 as pb

from inference.tts.bridge import Bridge
from inference.tts.clauses import Clause, Clauser
from inference.tts.engine import Engine
from inference.tts.normalise import normalise
from inference.tts.output import Chunk, Format, Output

# The contract's bound on one message of text.
MAX_MESSAGE_BYTES = 16 * 1024
# About two hours of speech; more in one call is a mistake, and would hold the voice from others.
MAX_CALL_CHARACTERS = 100_000
# Clauses read ahead of the voice; then reading waits, and with it the client.
MAX_WAITING_CLAUSES = 32


@dataclass(frozen=True, slots=True)
class Order:
    """How the caller wants the text spoken."""

    format: Format
    speed: float


class _Flush:
    """Stands in the queue of clauses where the client asked for a flush."""


Send = Callable[[pb.SynthesizeResponse], Awaitable[None]]


class Call:
    """Speaks one call's text; `read` and `speak` run at the same time."""

    def __init__(self, engine: Engine, bridge: Bridge, order: Order, send: Send) -> None:
        self._engine = engine
        self._bridge = bridge
        self._order = order
        self._send = send
        self._clauser = Clauser()
        self._characters = 0
        self._items: asyncio.Queue[Clause | _Flush | None] = asyncio.Queue(MAX_WAITING_CLAUSES)
        self._output = Output(engine.info.sample_rate_hz, order.format)
        self._spoken = pb.TextSpan()
        self._work = _Work()

    @property
    def timing(self) -> Timing | None:
        """What the engine did for this call, or None where nothing was handed to it."""
        return self._work.timing()

    async def read(self, requests: AsyncIterator[pb.SynthesizeRequest]) -> None:
        """Take the requests after the first until the client half-closes."""
        async for request in requests:
            match request.WhichOneof("request"):
                case "text":
                    await self._queue(self._clauser.feed(self._checked(request.text)))
                case "flush":
                    await self._queue(self._clauser.flush())
                    await self._items.put(_Flush())
                case _:
                    raise InvalidInput("a request after the first must hold text or flush", reason="CONFIG_TWICE")
        await self._queue(self._clauser.flush())
        await self._items.put(None)

    async def speak(self) -> None:
        """Speak what `read` finds, in order, until it ends."""
        while (item := await self._items.get()) is not None:
            if isinstance(item, Clause):
                await self._say(item)
            else:
                await self._give(self._output.flush())
                await self._send(pb.SynthesizeResponse(flushed=pb.Flushed(end_ms=self._output.end_ms)))
        await self._give(self._output.flush())

    def _checked(self, text: str) -> str:
        size = len(text.encode())
        if size > MAX_MESSAGE_BYTES:
            raise InvalidInput(
                f"a message of text holds {size} bytes; at most {MAX_MESSAGE_BYTES} are taken, so send it in pieces",
                reason="TEXT_TOO_LONG",
            )
        self._characters += len(text)
        if self._characters > MAX_CALL_CHARACTERS:
            raise InvalidInput(
                f"the call's text is longer than {MAX_CALL_CHARACTERS} characters; speak the rest in another call",
                reason="TEXT_TOO_LONG",
            )
        return text

    async def _queue(self, clauses: list[Clause]) -> None:
        for clause in clauses:
            await self._items.put(clause)

    async def _say(self, clause: Clause) -> None:
        words = normalise(clause.text, clause.start, clause.mark)
        if not words:
            return
        self._spoken = pb.TextSpan(start=clause.start, end=clause.end)
        self._output.begin_clause()
        self._work.hand_over()
        async for step in self._bridge.stream(lambda: self._engine.speak(words, self._order.speed)):
            self._work.add(step.queue_ms, step.compute_ms)
            await self._give(self._output.feed(step.value))

    async def _give(self, chunk: Chunk | None) -> None:
        if chunk is None:
            return
        words = [
            pb.SpokenWord(
                span=pb.TextSpan(start=word.span.start, end=word.span.end),
                start_ms=word.start_ms,
                end_ms=word.end_ms,
            )
            for word in chunk.words
        ]
        audio = pb.AudioChunk(audio=chunk.audio, start_ms=chunk.start_ms, span=self._spoken, words=words)
        await self._send(pb.SynthesizeResponse(audio=audio))


class _Work:
    """Adds up what the engine did for the call."""

    def __init__(self) -> None:
        self._handed: float | None = None
        self._first_output_ms = 0.0
        self._queue_ms = 0.0
        self._compute_ms = 0.0

    def hand_over(self) -> None:
        if self._handed is None:
            self._handed = perf_counter()

    def add(self, queue_ms: float, compute_ms: float) -> None:
        if not self._first_output_ms and self._handed is not None:
            self._first_output_ms = (perf_counter() - self._handed) * 1000
        self._queue_ms += queue_ms
        self._compute_ms += compute_ms

    def timing(self) -> Timing | None:
        if self._handed is None:
            return None
        return Timing(self._queue_ms, self._compute_ms, self._first_output_ms)
