"""An agent of LiveKit's on its `RealtimeModel`: a session with a microphone and a loudspeaker, and no room.

    .venv-livekit/bin/python -m tests.clients.livekit_caller URL KEY RECORDING

The agent is asked to greet. The caller speaks over the greeting, a function is called for what they say,
and its result is answered; that is heard out. Then one line of JSON says what happened.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities
from livekit.plugins.openai.realtime import RealtimeModel

from tests.clients.microphone import GREETED_MS, PIECE_BYTES, RATE_HZ, STORY_S, Microphone

LOOK_S = 0.02


class Input(AudioInput):  # type: ignore[misc]
    """What the microphone hears."""

    def __init__(self, microphone: Microphone) -> None:
        super().__init__(label="microphone")
        self._pieces = microphone.pieces()

    async def __anext__(self) -> rtc.AudioFrame:
        return rtc.AudioFrame(await anext(self._pieces), RATE_HZ, 1, PIECE_BYTES // 2)


class Output(AudioOutput):  # type: ignore[misc]
    """Plays as fast as it is heard; `taken_ms` so far, which the gateway sends hardly sooner."""

    def __init__(self) -> None:
        super().__init__(
            label="loudspeaker",
            capabilities=AudioOutputCapabilities(pause=False),
            sample_rate=RATE_HZ,
        )
        self.taken_ms = 0.0
        self._segment_s = 0.0
        self._began_s = 0.0
        self._cut = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._ending is not None:
            await self._ending
        if not self._segment_s:
            self._began_s = time.monotonic()
            self._cut.clear()
            self.on_playback_started(created_at=time.time())
        self._segment_s += frame.duration
        self.taken_ms += 1000 * frame.duration

    def flush(self) -> None:
        super().flush()
        if self._segment_s:
            self._ending = asyncio.create_task(self._end())

    def clear_buffer(self) -> None:
        if self._segment_s:
            self._cut.set()

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(self._segment_s - self._played_s()):
                await self._cut.wait()
        except TimeoutError:
            pass
        segment_s, self._segment_s, self._ending = self._segment_s, 0.0, None
        self.on_playback_finished(
            playback_position=min(segment_s, self._played_s()), interrupted=self._cut.is_set()
        )

    def _played_s(self) -> float:
        return time.monotonic() - self._began_s


class Greeter(Agent):  # type: ignore[misc]
    """Knows the weather."""

    def __init__(self) -> None:
        super().__init__(instructions="You are friendly and brief.")
        self.calls: list[dict[str, Any]] = []

    @function_tool  # type: ignore[untyped-decorator]
    async def get_weather(self, city: str) -> str:
        """The weather of a city."""
        self.calls.append({"city": city})
        return "nice, 24 degrees"


class Witness:
    """Notes what a session tells of."""

    def __init__(self, session: AgentSession) -> None:
        self.errors: list[str] = []
        self.transcripts: list[str] = []
        self.partials = 0
        self.replies: list[Any] = []
        session.on("error", self._on_error)
        session.on("user_input_transcribed", self._on_heard)
        session.on("conversation_item_added", self._on_item)

    def _on_error(self, event: Any) -> None:
        self.errors.append(repr(event.error))

    def _on_heard(self, event: Any) -> None:
        if event.is_final:
            self.transcripts.append(event.transcript)
        else:
            self.partials += 1

    def _on_item(self, event: Any) -> None:
        if event.item.type == "message" and event.item.role == "assistant":
            self.replies.append(event.item)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once `holds()`, or the client has failed."""
        while not holds() and not self.errors:  # noqa: ASYNC110 - nobody tells of audio
            await asyncio.sleep(LOOK_S)


async def main(url: str, key: str, recording: str) -> None:
    """Hold the conversation."""
    microphone, output, agent = Microphone(recording), Output(), Greeter()
    model = RealtimeModel(base_url=f"{url}/v1", api_key=key)
    # No loudspeaker is near this microphone, so nothing of the caller's need be kept from the model.
    session = AgentSession(llm=model, aec_warmup_duration=None)
    session.input.audio, session.output.audio = Input(microphone), output
    witness = Witness(session)
    truncated: list[int] = []
    greeting_ms = 0.0
    await session.start(agent, record=False)

    def on_event(event: dict[str, Any]) -> None:
        if event["type"] == "conversation.item.truncated":
            truncated.append(event["audio_end_ms"])

    agent.realtime_llm_session.on("openai_server_event_received", on_event)
    try:
        async with asyncio.timeout(STORY_S):
            session.generate_reply(instructions="Say hello!")
            await witness.until(lambda: output.taken_ms > GREETED_MS)
            microphone.speak()
            await witness.until(lambda: len(witness.replies) == 1)
            greeting_ms = output.taken_ms
            await witness.until(lambda: len(witness.replies) == 2)
    finally:
        told = {
            "transcripts": witness.transcripts,
            "partials": witness.partials,
            "calls": agent.calls,
            "said": [reply.text_content for reply in witness.replies],
            "interruptions": sum(reply.interrupted for reply in witness.replies),
            "truncated_ms": truncated,
            "greeting_ms": round(greeting_ms),
            "answer_ms": round(output.taken_ms - greeting_ms),
            "errors": witness.errors,
        }
        print(json.dumps(told), flush=True)
        await session.aclose()
        await model.aclose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    asyncio.run(main(*sys.argv[1:]))
