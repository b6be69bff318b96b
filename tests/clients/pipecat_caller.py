"""A pipeline of Pipecat's around its `OpenAIRealtimeLLMService`, wired as in Pipecat's own examples.

    .venv-pipecat/bin/python -m tests.clients.pipecat_caller URL KEY RECORDING

The agent is asked to greet. The caller speaks over the greeting, a function is called for what they say,
and its result is answered; that is heard out. Then one line of JSON says what happened.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    ErrorFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMRunFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.events import (
    AudioConfiguration,
    AudioInput,
    InputAudioNoiseReduction,
    InputAudioTranscription,
    SemanticTurnDetection,
    SessionProperties,
)
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from tests.clients.microphone import GREETED_MS, RATE_HZ, STORY_S, Microphone

# What only its source's predecessors are to know.
UPSTREAM = (ErrorFrame, TranscriptionFrame)
WEATHER = FunctionSchema(
    name="get_weather",
    description="The weather of a city",
    properties={"city": {"type": "string", "description": "Where", "examples": ["Oslo"]}},
    required=["city"],
)


class Input(BaseInputTransport):  # type: ignore[misc]
    """Pushes what the microphone hears, from the pipeline's start on."""

    def __init__(self, microphone: Microphone, params: TransportParams) -> None:
        super().__init__(params)
        self._microphone = microphone
        self._listening: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._listening = asyncio.create_task(self._listen())

    async def stop(self, frame: EndFrame) -> None:
        self._hang_up()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        self._hang_up()
        await super().cancel(frame)

    async def _listen(self) -> None:
        async for piece in self._microphone.pieces():
            await self.push_audio_frame(InputAudioRawFrame(piece, RATE_HZ, 1))

    def _hang_up(self) -> None:
        if self._listening is not None:
            self._listening.cancel()


class Output(BaseOutputTransport):  # type: ignore[misc]
    """Plays as fast as it is heard; `played_ms` so far."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self._free_s = 0.0
        self.played_ms = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        clock = asyncio.get_running_loop().time
        self._free_s = max(self._free_s, clock()) + frame.num_frames / frame.sample_rate
        self.played_ms += 1000 * frame.num_frames / frame.sample_rate
        await asyncio.sleep(self._free_s - clock())
        return True


class Witness(BaseObserver):  # type: ignore[misc]
    """Notes what passes through the pipeline, once: most frames are broadcast in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Any] = []
        self._news = asyncio.Event()

    async def on_push_frame(self, data: FramePushed) -> None:
        upstream = data.direction is FrameDirection.UPSTREAM
        if data.first_push and upstream == isinstance(data.frame, UPSTREAM):
            self.frames.append(data.frame)
            self._news.set()

    def of(self, kind: type) -> list[Any]:
        """Return the frames of `kind` so far."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once `holds()`, or the client has failed; the microphone's frames are news too."""
        while not holds() and not self.of(ErrorFrame):
            self._news.clear()
            await self._news.wait()


def service(url: str, key: str) -> OpenAIRealtimeLLMService:
    """Return the client under test, with the settings of Pipecat's own example."""
    hearing = AudioInput(
        transcription=InputAudioTranscription(),
        turn_detection=SemanticTurnDetection(),
        noise_reduction=InputAudioNoiseReduction(type="near_field"),
    )
    return OpenAIRealtimeLLMService(
        api_key=key,
        base_url=f"ws{url.removeprefix('http')}/v1/realtime",
        settings=OpenAIRealtimeLLMService.Settings(
            system_instruction="You are friendly and brief.",
            session_properties=SessionProperties(audio=AudioConfiguration(input=hearing)),
        ),
    )


class Conversation:
    """The pipeline, and what is known of what was said."""

    def __init__(self, llm: OpenAIRealtimeLLMService, microphone: Microphone) -> None:
        self._llm = llm
        self._microphone = microphone
        self._replies: list[str] = []
        self._witness = Witness()
        params = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
        self._output = Output(params)
        context = LLMContext(
            [{"role": "developer", "content": "Say hello!"}], ToolsSchema([WEATHER])
        )
        hears, speaks = LLMContextAggregatorPair(context)
        self.worker = PipelineWorker(
            Pipeline([Input(microphone, params), hears, llm, self._output, speaks]),
            params=PipelineParams(
                audio_in_sample_rate=RATE_HZ,
                audio_out_sample_rate=RATE_HZ,
                enable_metrics=True,
                enable_usage_metrics=True,
            ),
            observers=[self._witness],
        )
        self._told: dict[str, Any] = {
            "calls": [],
            "said": [],
            "greeting_heard": "",
            "greeting_ms": 0,
        }
        llm.register_function("get_weather", self._get_weather)
        llm.event_handler("on_conversation_item_created")(self._on_item)
        speaks.event_handler("on_assistant_turn_stopped")(self._on_said)

    async def hold(self) -> None:
        """Be greeted, speak over it, hear the answer out, and ask what was heard of the greeting."""
        witness, output = self._witness, self._output
        await self.worker.queue_frames([LLMRunFrame()])
        await witness.until(lambda: output.played_ms > GREETED_MS)
        self._microphone.speak()
        await witness.until(lambda: bool(witness.of(InterruptionFrame)))
        self._told["greeting_ms"] = round(output.played_ms)
        await witness.until(lambda: len(witness.of(BotStoppedSpeakingFrame)) == 2)
        await witness.until(lambda: len(self._told["said"]) == 2)
        if not witness.of(ErrorFrame):
            item = await self._llm.retrieve_conversation_item(self._replies[0])
            self._told["greeting_heard"] = "".join(part.transcript or "" for part in item.content)

    def told(self) -> dict[str, Any]:
        """Return what happened so far."""
        witness = self._witness
        return self._told | {
            "transcripts": [frame.text for frame in witness.of(TranscriptionFrame)],
            "answer_ms": round(self._output.played_ms) - self._told["greeting_ms"],
            "interruptions": len(witness.of(InterruptionFrame)),
            "errors": [frame.error for frame in witness.of(ErrorFrame)],
        }

    async def _get_weather(self, params: FunctionCallParams) -> None:
        self._told["calls"].append(dict(params.arguments))
        await params.result_callback({"conditions": "nice", "temperature": 24})

    async def _on_item(self, _: object, item_id: str, item: Any) -> None:
        if item.role == "assistant":
            self._replies.append(item_id)

    async def _on_said(self, _: object, message: Any) -> None:
        self._told["said"].append(message.content)


async def main(url: str, key: str, recording: str) -> None:
    """Hold the conversation and tell of it."""
    conversation = Conversation(service(url, key), Microphone(recording))
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(conversation.worker)
    running = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(STORY_S):
            await conversation.hold()
    finally:
        print(json.dumps(conversation.told()), flush=True)
        await conversation.worker.cancel()
        await running


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
