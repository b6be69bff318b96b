"""The caller's side of a session: audio on its way to the recogniser, and what was heard in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from antiphon.errors import AntiphonError
from antiphon.observability.spans import TraceContext
from antiphon.v1.recognizer_pb2 import RecognizeResponse
from server.conversation.timeline import Arrivals
from server.engines.recognizer import Recognition
from server.engines.services import Services
from server.realtime.session_config import SessionConfig

log = logging.getLogger(__name__)

# The last utterance, at most 28 s of speech, is decoded within a few seconds even by a busy CPU.
LAST_FINAL_S = 15.0

OnHeard = Callable[[RecognizeResponse], Awaitable[None]]
OnLost = Callable[[AntiphonError], Awaitable[None]]


class Ear:
    """Opens its stream with the first audio, and listens as a task of the session's group.

    `on_heard` is awaited for each of the recogniser's events, in order. Whatever sends raises an
    `AntiphonError` where the recogniser fails; so does the listening task, after `on_lost`. Positions
    count from the session's first audio, whichever stream heard it.
    """

    def __init__(
        self, services: Services, tasks: asyncio.TaskGroup, on_heard: OnHeard, on_lost: OnLost
    ) -> None:
        self._services = services
        self._tasks = tasks
        self._on_heard = on_heard
        self._on_lost = on_lost
        self._arrivals = Arrivals()
        self._recognition: Recognition | None = None
        self._listening: asyncio.Task[None] | None = None
        self._hearing: tuple[object, ...] = ()
        self._fed_ms = 0.0
        self._committed_ms = 0.0
        self._finishing = 0
        self._final_came = asyncio.Event()

    @property
    def fed_ms(self) -> float:
        """How much audio was heard."""
        return self._fed_ms

    @property
    def uncommitted_ms(self) -> float:
        """How much audio came since an utterance was last ended."""
        return self._fed_ms - self._committed_ms

    async def hear(self, audio: bytes, config: SessionConfig) -> None:
        """Take whole samples in `config`'s input format."""
        if not audio:
            return
        # Before anything waits: the recogniser's slowness is no part of when audio arrived.
        at_s = _now()
        recognition = await self._open(config)
        await recognition.feed(audio)
        self._fed_ms = recognition.fed_ms
        self._arrivals.note(self._fed_ms, at_s)

    async def finish_utterance(
        self, config: SessionConfig, trace: TraceContext | None = None
    ) -> None:
        """End the utterance now, as part of `trace`; its final follows."""
        recognition = await self._open(config)
        self._committed_ms = self._fed_ms
        self._finishing += 1
        await recognition.finish_utterance(trace)

    def arrived_s(self, position_ms: float) -> float:
        """Return when the audio at `position_ms` arrived; now, where that is not known any more."""
        at_s = self._arrivals.when(position_ms)
        return _now() if at_s is None else at_s

    async def clear(self) -> None:
        """Forget what was heard since an utterance was last ended; that one's final comes first."""
        try:
            async with asyncio.timeout(LAST_FINAL_S):
                while self._finishing:
                    self._final_came.clear()
                    await self._final_came.wait()
        except TimeoutError:
            log.warning("no final of an utterance %.0f s after its end", LAST_FINAL_S)
        self.drop()

    async def listen_by(self, config: SessionConfig) -> None:
        """Hear out what was said in another format or language than `config`'s, with a bound."""
        if self._recognition is not None and self._hearing != config.hearing:
            await self.close()
            self.drop()

    async def close(self) -> None:
        """Hear out what was said so far, with a bound."""
        # Whoever drops the stream meanwhile leaves nothing to wait for but the task's own end.
        listening = self._listening
        if self._recognition is None or listening is None:
            return
        await self._recognition.half_close()
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
        self._committed_ms, self._finishing = self._fed_ms, 0

    async def _open(self, config: SessionConfig) -> Recognition:
        if self._recognition is None:
            self._hearing = config.hearing
            self._recognition = Recognition(self._services.recognizer, config, self._fed_ms)
            await self._recognition.open()
            self._listening = self._tasks.create_task(self._listen(self._recognition))
        return self._recognition

    async def _listen(self, recognition: Recognition) -> None:
        try:
            async for event in recognition.events():
                await self._on_heard(event)
                if event.HasField("final"):
                    self._note_final(event.final.end_ms)
        except AntiphonError as problem:
            await self._on_lost(problem)
            raise

    def _note_final(self, end_ms: float) -> None:
        self._committed_ms = max(self._committed_ms, end_ms)
        self._finishing = max(self._finishing - 1, 0)
        self._final_came.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
