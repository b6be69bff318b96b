"""What the recogniser tells of a turn, in sample time: its models are real and take no time.

The stream, the endpointer and the utterance are the service's own. A policy is measured, not a machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, Float32, Int16
from antiphon.timing import Timing
from antiphon.v1.recognizer_pb2 import RecognizeResponse
from inference.asr.config import Listening
from inference.asr.detector import CHUNK_SAMPLES, Detector
from inference.asr.endpointer import Endpointer, Rules
from inference.asr.engine import About, Engine, Script
from inference.asr.heard import milliseconds
from inference.asr.history import History
from inference.asr.job import Decoded, Job
from inference.asr.judge import TurnModel
from inference.asr.pace import Pace
from inference.asr.stopwatch import Stopwatch
from inference.asr.stream import Stream
from inference.asr.utterance import Ears
from server.floor.endpointing import Evidence


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause as it was told at `told_ms`: silence from `end_ms` until speech resumed, or for good."""

    end_ms: float
    told_ms: float
    until_ms: float
    evidence: Evidence


class AtOnce:
    """An engine as the decoder of one stream: the answer is there when it is asked for."""

    waiting = 0

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def about(self) -> About:
        """Return what the engine is."""
        return self._engine.about

    def check(self, language: str, script: Script | None) -> None:
        """Raise `InvalidInput` where the engine cannot listen like that."""
        self._engine.check(language, script)

    async def decode(self, job: Job) -> Decoded | None:
        """Return what was heard."""
        speech = job.take()
        return None if speech is None else Decoded(self._engine.decode(speech), Timing())


class InSampleTime(Pace):
    """Of a caller, whose every sample comes when it is said."""

    def lead_s(self, now_s: float) -> float:
        """Return that it is not ahead, whatever the clock tells."""
        return 0.0


async def listen(
    samples: Int16, engine: Engine, model: TurnModel, detector: Detector, rules: Rules
) -> list[Pause]:
    """Return the pauses of a turn, at 16 kHz; `detector` must be new. It holds up the loop."""
    told: list[tuple[float, RecognizeResponse]] = []
    history = History()

    async def emit(response: RecognizeResponse) -> None:
        told.append((milliseconds(history.end), response))

    async def judge(samples: Float32) -> float:
        return model.probability(samples)

    others = len(asyncio.all_tasks())
    async with asyncio.TaskGroup() as tasks:
        listening = Listening(Encoding.PCM_S16LE, RECOGNITION_RATE_HZ, rules, language="en")
        endpointer = Endpointer(rules)
        ears = Ears(
            listening,
            history,
            endpointer,
            AtOnce(engine),
            judge,
            Stopwatch(),
            tasks,
            emit,
            InSampleTime(),
        )
        stream = Stream(ears, detector)
        for start in range(0, len(samples) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
            await stream.hear(samples[start : start + CHUNK_SAMPLES])
            while len(asyncio.all_tasks()) > others:  # noqa: ASYNC110 - they never wait for anything
                await asyncio.sleep(0)
    return pauses(told)


def pauses(told: Sequence[tuple[float, RecognizeResponse]]) -> list[Pause]:
    """Return the pauses among what was told, each with the time, with what a dialogue knew at them."""
    found: list[Pause] = []
    speech_ms = voice_from_ms = longest_ms = 0.0
    for index, (now_ms, response) in enumerate(told):
        match response.WhichOneof("event"):
            case "speech_started":
                voice_from_ms = response.speech_started.start_ms
            case "speech_resumed":
                voice_from_ms = response.speech_resumed.start_ms
                longest_ms = max(longest_ms, voice_from_ms - found[-1].end_ms)
            case "pause":
                event = response.pause
                speech_ms += max(event.end_ms - voice_from_ms, 0.0)
                evidence = Evidence(
                    text=event.text,
                    probability=event.end_of_turn_probability,
                    speech_ms=speech_ms,
                    pauses=len(found),
                    longest_pause_ms=longest_ms,
                )
                until_ms = _resumed_ms([later for _, later in told[index + 1 :]])
                found.append(Pause(event.end_ms, now_ms, until_ms, evidence))
    return found


def _resumed_ms(later: Sequence[RecognizeResponse]) -> float:
    for response in later:
        if response.HasField("speech_resumed"):
            return response.speech_resumed.start_ms
    return inf
