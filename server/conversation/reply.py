"""One reply: generated, spoken and played at once, each as far as the one before it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from antiphon.v1 import generator_pb2
from server.conversation.heard import HeardWords
from server.conversation.playout import Playout
from server.conversation.timeline import Mark, Timeline
from server.engines.generator import Generation
from server.engines.services import Services
from server.engines.synthesizer import Speech
from server.realtime.session_config import SessionConfig

OnText = Callable[[str], Awaitable[None]]
OnAudible = Callable[[], Awaitable[None]]


class Reply:
    """Text and speech of one reply: `answer` and `recite` return when all of it was sent.

    `text` grows meanwhile; `audible` tells whether the caller was told that audio follows.
    """

    def __init__(
        self,
        services: Services,
        config: SessionConfig,
        playout: Playout,
        timeline: Timeline,
        on_text: OnText,
        on_audible: OnAudible,
    ) -> None:
        self._services = services
        self._config = config
        self._playout = playout
        self._timeline = timeline
        self._on_text = on_text
        self._on_audible = on_audible
        self._heard = HeardWords()
        self.text = ""
        self.audible = False
        self.usage = generator_pb2.Usage()
        self.finish_reason = generator_pb2.FINISH_REASON_UNSPECIFIED

    @property
    def heard_text(self) -> str:
        """What the caller has heard so far, to the word; all of it where the reply is only written."""
        if not self._config.audio_out:
            return self.text
        return self._heard.cut(self.text, self._playout.heard_ms)

    async def answer(self, messages: Sequence[generator_pb2.Message]) -> None:
        """Generate an answer to `messages`, speaking it while it is written."""
        if not self._config.audio_out:
            await self._write(messages, speech=None)
            return
        speech = Speech(self._services.synthesizer, self._config)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(messages, speech))
                await self._play(speech)
        finally:
            speech.cancel()

    async def recite(self, text: str) -> None:
        """Speak `text` as it stands, such as a greeting."""
        speech = Speech(self._services.synthesizer, self._config)
        try:
            await speech.open()
            await self._add(text, speech)
            await speech.end_of_text()
            await self._play(speech)
        finally:
            speech.cancel()

    async def _write(
        self, messages: Sequence[generator_pb2.Message], speech: Speech | None
    ) -> None:
        self._mark(Mark.GENERATION_STARTED)
        generation = Generation(self._services.generator, messages, self._config.max_reply_tokens)
        try:
            if speech is not None:
                await speech.open()
            async for response in generation.responses():
                if response.HasField("text"):
                    self._mark(Mark.FIRST_TOKEN)
                    await self._add(response.text.text, speech)
                elif response.HasField("finish"):
                    self.usage = response.finish.usage
                    self.finish_reason = response.finish.reason
        finally:
            generation.cancel()
        self._mark(Mark.LAST_TOKEN)
        if speech is not None:
            await speech.end_of_text()

    async def _add(self, text: str, speech: Speech | None) -> None:
        self.text += text
        if speech is not None:
            await speech.say(text)
        await self._on_text(text)

    async def _play(self, speech: Speech) -> None:
        async for chunk in speech.chunks():
            self._heard.note(list(chunk.words))
            if not chunk.audio:
                continue
            self._mark(Mark.FIRST_AUDIO)
            if not self.audible:
                await self._on_audible()
                self.audible = True
                self._mark(Mark.AUDIBLE)
            await self._playout.play(chunk.audio)
        await self._playout.flush()
        self._mark(Mark.LAST_AUDIO)

    def _mark(self, mark: Mark) -> None:
        self._timeline.mark(mark, asyncio.get_running_loop().time())
