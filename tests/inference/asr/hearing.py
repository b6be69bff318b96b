"""Ears for tests: loud is voice, and the simulated engine's made-up words are what is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import grpc
import numpy as np
import soundfile

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Float32, Int16, resample
from antiphon.channel import connect
from antiphon.serving import SERVER_OPTIONS, ErrorInterceptor
from antiphon.timing import Timing
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import RecognizeConfig, RecognizeRequest, RecognizeResponse
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub, add_RecognizerServicer_to_server
from inference.asr.config import Listening
from inference.asr.decoder import Decoder
from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES
from inference.asr.endpointer import Endpointer, Rules
from inference.asr.engine import About, Hypothesis, Script, Speech
from inference.asr.history import History
from inference.asr.job import Decoded, Job
from inference.asr.service import Parts, RecognizerService
from inference.asr.settings import AsrSettings
from inference.asr.stopwatch import Stopwatch
from inference.asr.stream import Stream
from inference.asr.utterance import Ears, JudgeTurn
from tests.speech import SPEECH, recording

T = TypeVar("T")


class LoudIsVoice:
    """A detector without a network."""

    def probability(self, chunk: Int16) -> float:
        return 1.0 if np.abs(chunk).max() > 100 else 0.0


def voice(chunks: int) -> Int16:
    return np.full(chunks * CHUNK_SAMPLES, 1000, np.int16)


def silence(chunks: int) -> Int16:
    return np.zeros(chunks * CHUNK_SAMPLES, np.int16)


@dataclass
class FakeDecoder:
    """Says how many ms of voice it heard, after `delay_s`; remembers what it was given."""

    waiting: ClassVar[int] = 0
    delay_s: float = 0.05
    speeches: list[Speech] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    about: About = field(default_factory=lambda: About("fake", ("word_times",)))
    answer: Callable[[Speech], Hypothesis] = lambda speech: Hypothesis(
        f"{speech.voiced_ms:.0f} ms", "en"
    )

    def check(self, language: str, script: Script | None) -> None:
        pass

    async def decode(self, job: Job) -> Decoded | None:
        speech = job.take()
        if speech is None:
            return None
        self.speeches.append(speech)
        self.jobs.append(job)
        await asyncio.sleep(self.delay_s)
        return Decoded(self.answer(speech), Timing(1.0, self.delay_s * 1000, 0.0))


@dataclass
class Told:
    """What a stream told, in order."""

    events: list[RecognizeResponse] = field(default_factory=list)

    async def emit(self, event: RecognizeResponse) -> None:
        self.events.append(event)

    @property
    def kinds(self) -> list[str]:
        return [event.WhichOneof("event") or "" for event in self.events]

    @property
    def texts(self) -> list[str]:
        return [event.final.text for event in self.events if event.HasField("final")]


def listening(
    silence_ms: float | None = 500,
    partial_ms: float = 0,
    first_partial_ms: float | None = None,
    **values: Any,
) -> Listening:
    first_ms = partial_ms if first_partial_ms is None else first_partial_ms
    return Listening(
        Encoding.PCM_S16LE,
        RECOGNITION_RATE_HZ,
        Rules(silence_ms=silence_ms),
        partial_samples=int(partial_ms * RECOGNITION_RATE_HZ / 1000),
        first_partial_samples=int(first_ms * RECOGNITION_RATE_HZ / 1000),
        **values,
    )


def ears(
    how: Listening,
    decoder: Decoder,
    told: Told,
    tasks: asyncio.TaskGroup,
    judge: JudgeTurn | None = None,
) -> Ears:
    return Ears(
        listening=how,
        history=History(),
        endpointer=Endpointer(how.rules),
        decoder=decoder,
        judge=judge,
        stopwatch=Stopwatch(),
        tasks=tasks,
        emit=told.emit,
    )


async def play(stream: Stream, samples: Int16) -> None:
    """Feed `samples` in real time, chunk by chunk."""
    for start in range(0, len(samples), CHUNK_SAMPLES):
        await stream.hear(samples[start : start + CHUNK_SAMPLES])
        await asyncio.sleep(CHUNK_MS / 1000)


def told_by(
    scene: Callable[[Stream], Coroutine[Any, Any, None]],
    how: Listening,
    decoder: Decoder,
    judge: JudgeTurn | None = None,
) -> Coroutine[Any, Any, Told]:
    """Return what a stream tells while `scene` plays."""

    async def main() -> Told:
        told = Told()
        async with asyncio.TaskGroup() as tasks:
            await scene(Stream(ears(how, decoder, told, tasks, judge), LoudIsVoice()))
        return told

    return main()


def config(silence_ms: int | None = 500, **values: Any) -> RecognizeRequest:
    made = RecognizeConfig(
        audio=common_pb2.AudioFormat(
            encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RECOGNITION_RATE_HZ
        )
    )
    if silence_ms is None:
        made.external.SetInParent()
    else:
        made.silence.silence_ms = silence_ms
    made.MergeFrom(RecognizeConfig(**values))
    return RecognizeRequest(config=made)


def audio(samples: Int16) -> RecognizeRequest:
    return RecognizeRequest(audio=samples.tobytes())


@asynccontextmanager
async def served(folder: Path, decoder: Decoder, **settings: Any) -> AsyncIterator[RecognizerStub]:
    server = grpc.aio.server(interceptors=[ErrorInterceptor()], options=SERVER_OPTIONS)
    info = common_pb2.ServiceInfo(engine=decoder.about.engine)
    parts = Parts(AsrSettings(**settings), decoder, LoudIsVoice, None, info)
    add_RecognizerServicer_to_server(RecognizerService(parts), server)
    address = f"unix:{folder}/asr.sock"
    server.add_insecure_port(address)
    await server.start()
    try:
        async with connect(address) as channel:
            yield RecognizerStub(channel)
    finally:
        await server.stop(None)


async def stream_of(*requests: RecognizeRequest) -> AsyncIterator[RecognizeRequest]:
    for request in requests:
        yield request


def as_float(samples: Int16) -> Float32:
    return (samples / np.float32(32_768)).astype(np.float32)


def clip(name: str) -> Int16:
    """Return a recording at 16 kHz; skip the test where there is none."""
    samples, rate_hz = soundfile.read(recording(SPEECH, name), dtype="int16")
    return resample(samples, rate_hz, RECOGNITION_RATE_HZ)
