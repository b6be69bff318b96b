"""The caller's side of a session: audio on its way to the recogniser, and what was heard in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from antiphon.v1 import recognizer_pb2
from server.conversation.listening import UtteranceEvents
from server.conversation.outbox import Outbox
from server.conversation.timeline import Arrivals, Mark, Timeline
from server.engines.recognizer import Recognition
from server.engines.services import Services
from server.realtime.session_config import SessionConfig

log = logging.getLogger(__name__)

# The last utterance, at most 28 s of speech, is decoded within a few seconds even by a busy CPU.
LAST_FINAL_S = 15.0

OnFinal = Callable[[str, Timeline], Awaitable[None]]


class Ear:
    """Opens its stream with the first audio, and listens as a task of the session's group.

    Whatever sends raises an `AntiphonError` where the recogniser fails; so does the listening task.
    """

    def __init__(
        self, services: Services, outbox: Outbox, tasks: asyncio.TaskGroup, on_final: OnFinal
    ) -> None:
        self._services = services
        self._tasks = tasks
        self._on_final = on_final
        self._utterance = UtteranceEvents(outbox)
        self._arrivals = Arrivals()
        self._recognition: Recognition | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def in_use(self) -> bool:
        """Whether anything was heard: input format, language and turn detection are settled then."""
        return self._recognition is not None

    async def hear(self, audio: bytes, config: SessionConfig) -> None:
        """Take whole samples in `config`'s input format."""
        if not audio:
            return
        # Before anything waits: the recogniser's slowness is no part of when audio arrived.
        at_s = _now()
        recognition = await self._open(config)
        await recognition.feed(audio)
        self._arrivals.note(recognition.fed_ms, at_s)

    async def finish_utterance(self, config: SessionConfig) -> None:
        """End the utterance now; its final follows."""
        await (await self._open(config)).finish_utterance()

    async def close(self) -> None:
        """Hear out what was said so far, with a bound."""
        if self._recognition is None or self._listening is None:
            return
        await self._recognition.half_close()
        await asyncio.wait({self._listening}, timeout=LAST_FINAL_S)
        if not self._listening.done():
            log.warning("no end of recognition %.0f s after the caller's", LAST_FINAL_S)
            self._listening.cancel()

    def drop(self) -> None:
        """Drop the stream."""
        if self._recognition is not None:
            self._recognition.cancel()

    async def _open(self, config: SessionConfig) -> Recognition:
        if self._recognition is None:
            self._recognition = Recognition(self._services.recognizer, config)
            await self._recognition.open()
            self._listening = self._tasks.create_task(self._listen(self._recognition))
        return self._recognition

    async def _listen(self, recognition: Recognition) -> None:
        async for event in recognition.events():
            match event.WhichOneof("event"):
                case "speech_started":
                    await self._utterance.started(event.speech_started)
                case "partial":
                    await self._utterance.partial(event.partial)
                case "final":
                    timeline = self._timeline(event.final)
                    await self._utterance.ended(event.final)
                    await self._on_final(event.final.text, timeline)

    def _timeline(self, final: recognizer_pb2.Final) -> Timeline:
        timeline = Timeline()
        timeline.mark(Mark.FINAL, _now())
        ended_s = self._arrivals.when(final.end_ms)
        if ended_s is not None:
            timeline.mark(Mark.SPEECH_ENDED, ended_s)
        return timeline


def _now() -> float:
    return asyncio.get_running_loop().time()
