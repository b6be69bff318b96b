"""A client of the recognition service that plays a clip and notes what comes back, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Int16, encode
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import RecognizeConfig, RecognizeRequest, Simulation
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub

FRAME_SAMPLES = RECOGNITION_RATE_HZ // 50
SILENCE_MS = 500


@dataclass(slots=True)
class Noted:
    """What was heard of a clip; times are ms from the first sample as it would leave a microphone."""

    finals: list[str] = field(default_factory=list)
    final_at_ms: float | None = None
    pause_at_ms: float | None = None
    first_partial_at_ms: float | None = None

    @property
    def text(self) -> str:
        """The text of the whole clip."""
        return " ".join(text for text in self.finals if text)


def configure(
    language: str, *, partials: bool, simulation: Simulation | None = None
) -> RecognizeConfig:
    """Return how the service is to listen: 16 kHz, and 500 ms of silence end an utterance."""
    audio = common_pb2.AudioFormat(
        encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RECOGNITION_RATE_HZ
    )
    config = RecognizeConfig(
        audio=audio, language=language, partials=partials, simulation=simulation
    )
    config.silence.silence_ms = SILENCE_MS
    return config


async def listen(
    stub: RecognizerStub, config: RecognizeConfig, samples: Int16, *, paced: bool
) -> Noted:
    """Play `samples`, in real time where `paced`, and return what was noted."""
    noted, loop = Noted(), asyncio.get_running_loop()
    began = loop.time()
    async for response in stub.Recognize(_requests(config, samples, began if paced else None)):
        now_ms = (loop.time() - began) * 1000
        if response.HasField("final"):
            noted.finals.append(response.final.text)
            if response.final.text:
                noted.final_at_ms = now_ms
        elif response.HasField("pause") and response.pause.text:
            noted.pause_at_ms = now_ms
        elif response.HasField("partial") and noted.first_partial_at_ms is None:
            noted.first_partial_at_ms = now_ms
    return noted


async def _requests(
    config: RecognizeConfig, samples: Int16, began: float | None
) -> AsyncIterator[RecognizeRequest]:
    loop = asyncio.get_running_loop()
    yield RecognizeRequest(config=config)
    for start in range(0, len(samples), FRAME_SAMPLES):
        frame = samples[start : start + FRAME_SAMPLES]
        if began is not None:
            # A microphone gives a frame when its last sample is there.
            spoken = began + (start + len(frame)) / RECOGNITION_RATE_HZ
            await asyncio.sleep(max(spoken - loop.time(), 0))
        yield RecognizeRequest(audio=encode(frame, Encoding.PCM_S16LE))
