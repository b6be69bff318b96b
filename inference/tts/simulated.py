"""The simulated engine: a hum of the length that the words would take, after a calibrated delay."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from math import exp, log

import numpy as np

from antiphon.audio import Int16
from inference.tts.engine import Deadline, EngineInfo, Piece, Said, Step, TimedWord
from inference.tts.watch import UNWATCHED, Watch

RATE_HZ = 22_050
# The voice of the cpu profile takes 0.26 s a word, and 0.2 s of silence at the end of a clause.
WORD_MS = 260.0
CLOSING_MS = 200.0
# Of each word: the rest is the silence before the next, as between syllables.
VOICED_SHARE = 0.8
PIECE_MS = 240.0
PITCH_HZ = 120.0
# Of a real voice; above what any detector of sound takes for silence.
LEVEL = 0.2
SIGMA = 0.2


class SimulatedEngine:
    """Takes as long to its first audio however many calls there are, and then as long as it is asked."""

    waiting = 0  # it makes nobody wait

    def __init__(self, first_audio_ms: float, seed: int, watch: Watch = UNWATCHED) -> None:
        self._watch = watch
        self._first_audio_ms = first_audio_ms
        self._random = random.Random(seed)

    @property
    def info(self) -> EngineInfo:
        """What it is."""
        return EngineInfo("simulated", "en-US", RATE_HZ, simulated=True)

    async def speak(
        self, words: Sequence[Said], speed: float, deadline: Deadline
    ) -> AsyncIterator[Step]:
        """See `Engine.speak`."""
        self._watch.batch(1)
        delay_ms = self._delay_ms()
        await asyncio.sleep(delay_ms / 1000)
        samples, times = hum(words, speed)
        size = _samples(PIECE_MS)
        for start in range(0, len(samples), size):
            piece = Piece(samples[start : start + size], times if start == 0 else ())
            yield Step(piece, 0.0, delay_ms if start == 0 else 0.0)

    def _delay_ms(self) -> float:
        if not self._first_audio_ms:
            return 0.0
        return exp(self._random.gauss(log(self._first_audio_ms), SIGMA))


def hum(words: Sequence[Said], speed: float) -> tuple[Int16, tuple[TimedWord, ...]]:
    """Return a clause's audio, one swell a word, and when each word sounds."""
    word_ms = WORD_MS / speed
    times = tuple(
        TimedWord(word.span, index * word_ms, (index + VOICED_SHARE) * word_ms)
        for index, word in enumerate(words)
    )
    swell = _swell(_samples(VOICED_SHARE * word_ms))
    samples = np.zeros(_samples(len(words) * word_ms + CLOSING_MS / speed), np.int16)
    for time in times:
        start = _samples(time.start_ms)
        samples[start : start + len(swell)] = swell
    return samples, times


def _swell(samples: int) -> Int16:
    seconds = np.arange(samples) / RATE_HZ
    tone = np.sin(2 * np.pi * PITCH_HZ * seconds) + np.sin(4 * np.pi * PITCH_HZ * seconds) / 2
    return (tone * np.hanning(samples) * LEVEL * 32_767 / 1.5).astype(np.int16)


def _samples(ms: float) -> int:
    return round(ms * RATE_HZ / 1000)
