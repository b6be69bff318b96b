"""One stream of audio: detector, endpointer and the utterance in progress."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from inference.asr import heard as tell
from inference.asr.detector import CHUNK_SAMPLES, Detector
from inference.asr.endpointer import (
    START_MS,
    Cut,
    Ended,
    Event,
    Hushed,
    Paused,
    Resumed,
    Rules,
    Settled,
    Started,
)
from inference.asr.utterance import Ears, Utterance

# 3 ms of the detector's work: then other streams get their turn, also while one is fed a whole file at once.
CHUNKS_A_TURN = 16
# A file of silence never waits for the engine, and would keep the loop's thread busy: after each turn it
# rests for eight times what that took, so that callers have most of the thread; a file of 28 s waits 2 s for
# it, as long as the engine takes for its beginning. With twice, a short final beside seven files took 2.5 and
# 3.1 times what it takes alone (p95, two runs each), so 2.1 and 2.5.
FILE_REST = 8.0
_FAINTEST = 1e-3  # of one step of int16; keeps digital silence out of the logarithm


class Stream:
    """Hears mono int16 at 16 kHz and tells what is in it, through its `ears`."""

    def __init__(self, ears: Ears, detector: Detector) -> None:
        self._ears = ears
        self._detector = detector
        self._kept = kept_samples(ears.listening.rules)
        self._rest: Int16 = np.zeros(0, np.int16)
        self._utterance: Utterance | None = None
        self._final: asyncio.Task[None] | None = None
        self._turn = 0  # chunks since others had theirs, and how long the detector took for them
        self._turn_s = 0.0

    async def hear(self, samples: Int16) -> None:
        """Take in what comes next; waits only where a caller runs far ahead of the engine."""
        seconds = len(samples) / RECOGNITION_RATE_HZ
        clock = asyncio.get_running_loop().time
        self._ears.pace.hear(seconds, clock())
        with self._ears.pace.held_up(clock):
            for chunk in self._chunks(samples):
                await self._hear_chunk(chunk)
                await self._take_turns()

    async def finish_utterance(self) -> None:
        """End the utterance now; answers with an empty final where none is open."""
        if self._utterance is not None:
            await self._follow_all(self._ears.endpointer.finish())
            return
        await self._told_final()
        await self._ears.emit(tell.nothing(self._ears.history.end))

    async def end(self) -> None:
        """Take in the last samples, finalise what is open, and wait until it is told."""
        if len(self._rest):
            await self._hear_chunk(np.pad(self._rest, (0, CHUNK_SAMPLES - len(self._rest))))
        await self._follow_all(self._ears.endpointer.finish())
        await self._told_final()

    def _chunks(self, samples: Int16) -> Iterator[Int16]:
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) - len(samples) % CHUNK_SAMPLES
        self._rest = samples[whole:]
        for start in range(0, whole, CHUNK_SAMPLES):
            yield samples[start : start + CHUNK_SAMPLES]

    async def _take_turns(self) -> None:
        self._turn += 1
        if self._turn < CHUNKS_A_TURN:
            return
        live = self._ears.pace.is_live(asyncio.get_running_loop().time())
        took_s, self._turn, self._turn_s = self._turn_s, 0, 0.0
        await asyncio.sleep(0 if live else FILE_REST * took_s)

    def _probability(self, chunk: Int16) -> float:
        clock = asyncio.get_running_loop().time
        began_s = clock()
        probability = self._detector.probability(chunk)
        self._turn_s += clock() - began_s
        return probability

    async def _hear_chunk(self, chunk: Int16) -> None:
        self._ears.history.append(chunk)
        await self._follow_all(
            self._ears.endpointer.feed(self._probability(chunk), level_db(chunk))
        )
        if self._utterance is not None:
            self._utterance.ask_partial()
        self._forget()

    def _forget(self) -> None:
        history = self._ears.history
        needed = history.end - self._kept
        if self._utterance is not None:
            needed = min(needed, self._utterance.audio_from)
        history.forget(needed)

    async def _follow_all(self, events: list[Event]) -> None:
        for event in events:
            await self._follow(event)

    async def _follow(self, event: Event) -> None:
        if isinstance(event, Started):
            await self._open(event)
        elif self._utterance is not None:
            await self._advance(self._utterance, event)

    async def _open(self, event: Started) -> None:
        # The final before it is told first: an utterance opens only when the last one is closed.
        await self._told_final()
        self._utterance = Utterance(self._ears, event.at, event.audio_from, event.voiced_before_ms)
        await self._ears.emit(tell.started(event.at))

    async def _advance(self, utterance: Utterance, event: Event) -> None:
        match event:
            case Hushed(at):
                await utterance.hush(at)
            case Paused(at):
                utterance.pause(at)
            case Resumed(at, audio_from, voiced_before_ms):
                await utterance.resume(at, audio_from, voiced_before_ms)
            case Settled():
                utterance.settle()
            case Cut(at, voiced_ms):
                await utterance.cut(at, voiced_ms)
            case Ended(at):
                self._utterance = None
                self._final = utterance.end(at)

    async def _told_final(self) -> None:
        if self._final is not None:
            await self._final
            self._final = None


def kept_samples(rules: Rules) -> int:
    """Return what a next utterance may reach back for."""
    return int((rules.preroll_ms + START_MS) * RECOGNITION_RATE_HZ / 1000)


def level_db(chunk: Int16) -> float:
    """Return how loud `chunk` is, relative to one step of int16."""
    power = float(np.mean(np.square(chunk, dtype=np.float64)))
    return 10 * float(np.log10(power + _FAINTEST))
