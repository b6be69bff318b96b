"""One reply: generated, spoken and played at once, each as far as the one before it has come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from antiphon.v1 import generator_pb2
from antiphon.v1.synthesizer_pb2 import AudioChunk
from server.conversation.heard import Heard, HeardWords
from server.conversation.playout import Playout
from server.conversation.timeline import Mark, Timeline
from server.engines.apologies import Spoken
from server.engines.generator import Generation
from server.engines.services import Services
from server.engines.synthesizer import Speech
from server.realtime.session_config import SessionConfig

OnText = Callable[[str], Awaitable[None]]
OnCall = Callable[[generator_pb2.ToolCall], Awaitable[None]]
OnAudible = Callable[[], Awaitable[None]]

# Said so recently, words may come back through the caller's microphone.
RECENT_MS = 4000.0


class Reply:
    """Text and speech of one reply: `answer` and `recite` return when all of it was sent.

    `text` grows meanwhile. Nothing is played before `on_audible` returns, which is awaited once, where
    there is anything to hear. `engines_ms` says at the end what the services took by their own clocks.
    """

    def __init__(
        self,
        services: Services,
        config: SessionConfig,
        playout: Playout,
        timeline: Timeline,
        on_text: OnText,
        on_call: OnCall,
        on_audible: OnAudible,
    ) -> None:
        self._services = services
        self._config = config
        self._playout = playout
        self._timeline = timeline
        self._on_text = on_text
        self._on_call = on_call
        self._on_audible = on_audible
        self._heard = HeardWords()
        self._written: list[tuple[int, float]] = []
        self.text = ""
        self.engines_ms: dict[str, float] = {}
        self.usage = generator_pb2.Usage()
        self.finish_reason = generator_pb2.FINISH_REASON_UNSPECIFIED

    @property
    def heard_text(self) -> str:
        """What the caller has heard so far, to the word; all of it where the reply is only written."""
        if not self._config.audio_out:
            return self.text
        return self._heard.cut(self.text, self._playout.heard_ms)

    @property
    def heard(self) -> Heard:
        """What the caller has heard so far, and when each word of it."""
        spoken, until_ms = self._config.audio_out, self._playout.heard_ms
        return Heard(self.heard_text, until_ms, self._heard, spoken=spoken)

    @property
    def recent_text(self) -> str:
        """What the caller has heard in the last seconds, and is about to hear."""
        heard_ms = self._playout.heard_ms
        return self._heard.between(self.text, heard_ms - RECENT_MS, heard_ms + RECENT_MS / 4)

    def duck(self) -> None:
        """Be silent from the next frame on, but ready to go on."""
        self._playout.duck()

    def unduck(self) -> None:
        """Go on from the beginning of the word at which it was ducked."""
        self._playout.unduck(self._heard.word_start_ms(self._playout.heard_ms))

    async def answer(self, messages: Sequence[generator_pb2.Message]) -> None:
        """Generate an answer to `messages`, speaking it while it is written."""
        if not self._config.audio_out:
            await self._write(messages, speech=None)
            return
        speech = self._speech()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(messages, speech))
                await self._play(speech)
        finally:
            speech.cancel()

    async def recite(self, text: str) -> None:
        """Speak `text` as it stands, such as a greeting."""
        if not self._config.audio_out:
            await self._add(text, speech=None)
            return
        speech = self._speech()
        try:
            await speech.open()
            await self._add(text, speech)
            await speech.end_of_text()
            await self._play(speech)
        finally:
            speech.cancel()

    async def repeat(self, spoken: Spoken) -> None:
        """Play what was made ahead; no engine takes part."""
        await self._add(spoken.text, speech=None)
        if self._config.audio_out:
            await self._play_all(_each(spoken.chunks))

    def _speech(self) -> Speech:
        first_s = self._services.deadlines.first_audio_ms / 1000
        return Speech(
            self._services.synthesizer,
            self._config,
            self._timeline.metadata,
            self._services.pulses.tts,
            first_s,
        )

    async def _write(
        self, messages: Sequence[generator_pb2.Message], speech: Speech | None
    ) -> None:
        self._mark(Mark.GENERATION_STARTED)
        config = self._config
        generation = Generation(
            self._services.generator,
            messages,
            config.max_reply_tokens,
            config.tools,
            self._timeline.metadata,
            self._services.pulses.llm,
            self._services.deadlines.first_token_ms / 1000,
        )
        try:
            if speech is not None:
                await speech.open()
            async for response in generation.responses():
                if response.HasField("text"):
                    self._mark(Mark.FIRST_TOKEN)
                    await self._add(response.text.text, speech)
                elif response.HasField("tool_call"):
                    await self._on_call(response.tool_call)
                elif response.HasField("finish"):
                    self.usage = response.finish.usage
                    self.finish_reason = response.finish.reason
                    first_ms = response.finish.timing.first_output_ms
                    self.engines_ms["first_token"] = round(first_ms, 3)
        finally:
            generation.cancel()
        self._mark(Mark.LAST_TOKEN)
        if speech is not None:
            await speech.end_of_text()

    async def _add(self, text: str, speech: Speech | None) -> None:
        self.text += text
        self._written.append((len(self.text), self._now()))
        if speech is not None:
            await speech.say(text)
        await self._on_text(text)

    async def _play(self, speech: Speech) -> None:
        await self._play_all(speech.chunks())
        if (timing := await speech.timing()) is not None:
            self.engines_ms["first_audio"] = round(timing.first_output_ms, 3)

    async def _play_all(self, chunks: AsyncIterator[AudioChunk]) -> None:
        audible = False
        async for chunk in chunks:
            self._heard.note(list(chunk.words))
            if not chunk.audio:
                continue
            if not audible:
                self._mark_first(chunk)
                await self._on_audible()
                audible = True
                self._mark(Mark.AUDIBLE)
            await self._playout.play(chunk.audio)
        await self._playout.flush()
        self._mark(Mark.LAST_AUDIO)

    def _mark_first(self, chunk: AudioChunk) -> None:
        self._mark(Mark.FIRST_AUDIO)
        # The voice knows a clause by what comes after it, or by the end of the text.
        ready = [at_s for end, at_s in self._written if end > chunk.span.end]
        self._timeline.mark(Mark.FIRST_CLAUSE, ready[0] if ready else self._written[-1][1])

    def _mark(self, mark: Mark) -> None:
        self._timeline.mark(mark, self._now())

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


async def _each(chunks: Sequence[AudioChunk]) -> AsyncIterator[AudioChunk]:
    for chunk in chunks:
        yield chunk
