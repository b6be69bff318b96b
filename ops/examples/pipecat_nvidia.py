"""A pipeline of Pipecat's, `pip install "pipecat-ai[nvidia]"`, that says again what it was told.

    python ops/examples/pipecat_nvidia.py 127.0.0.1:50051 KEY question.wav answer.wav

A real agent has a transport in the place of the two files, and a language model in the place of `Parrot`.
"""

from __future__ import annotations

import asyncio
import sys
import wave

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.nvidia.stt import NvidiaSTTService
from pipecat.services.nvidia.tts import NvidiaTTSService
from pipecat.workers.runner import WorkerRunner

PIECE_S = 0.02
SPOKEN_HZ = 24_000


class Parrot(FrameProcessor):  # type: ignore[misc]
    """Has everything that was understood said again."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            print("heard:", frame.text.strip(), flush=True)
            await self.push_frame(TTSSpeakFrame(f"You said: {frame.text}"))
        else:
            await self.push_frame(frame, direction)


class Recorder(FrameProcessor):  # type: ignore[misc]
    """Keeps what is said, until it is."""

    def __init__(self) -> None:
        super().__init__()
        self.audio = bytearray()
        self.done = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case TTSAudioRawFrame():
                self.audio += frame.audio
            case TTSStoppedFrame():
                self.done.set()
        await self.push_frame(frame, direction)


async def speak(worker: PipelineWorker, path: str, until: asyncio.Event) -> None:
    """Play a recording into the pipeline as fast as it was spoken, then silence."""
    with wave.open(path) as file:
        rate_hz = file.getframerate()
        piece_frames = round(PIECE_S * rate_hz)
        while not until.is_set():
            piece = file.readframes(piece_frames).ljust(2 * piece_frames, b"\0")
            await worker.queue_frame(InputAudioRawFrame(piece, rate_hz, 1))
            await asyncio.sleep(PIECE_S)


async def main(address: str, key: str, question: str, answer: str) -> None:
    """Hear `question` (16-bit mono) out, and write what is said then."""
    with wave.open(question) as file:
        heard_hz = file.getframerate()
    stt = NvidiaSTTService(api_key=key, server=address, use_ssl=False)
    tts = NvidiaTTSService(api_key=key, server=address, use_ssl=False)
    recorder = Recorder()
    worker = PipelineWorker(
        Pipeline([stt, Parrot(), tts, recorder]),
        params=PipelineParams(audio_in_sample_rate=heard_hz, audio_out_sample_rate=SPOKEN_HZ),
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await speak(worker, question, recorder.done)
    with wave.open(answer, "wb") as file:
        file.setparams((1, 2, SPOKEN_HZ, 0, "NONE", ""))
        file.writeframes(bytes(recorder.audio))
    await worker.cancel()
    await running


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
