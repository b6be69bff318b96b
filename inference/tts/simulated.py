"""The simulated engine: a hum of the length that the words would take, after a calibrated delay.

Its pitch glides and its breath is heard, each word in its own way: where it comes back through a microphone
it is found as a voice is, which a plain tone is not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from math import exp, log
from zlib import crc32

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
OVERTONES = 25
BREATH = 0.1  # of the tone
WAYS = 8  # in which a word is hummed
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
    samples = np.zeros(_samples(len(words) * word_ms + CLOSING_MS / speed), np.int16)
    for word, time in zip(words, times, strict=True):
        swell = _swell(_samples(VOICED_SHARE * word_ms), crc32(word.text.encode()) % WAYS)
        start = _samples(time.start_ms)
        samples[start : start + len(swell)] = swell
    return samples, times


@lru_cache(maxsize=8 * WAYS)  # callers ask for a few speeds
def _swell(samples: int, way: int) -> Int16:
    chance = np.random.default_rng(way)
    first_hz, last_hz = PITCH_HZ * chance.uniform(0.8, 1.2, 2)
    phase = 2 * np.pi * np.cumsum(np.linspace(first_hz, last_hz, samples)) / RATE_HZ
    overtones = np.arange(1, OVERTONES + 1)
    tone = (np.sin(np.outer(phase, overtones)) / overtones).sum(axis=1)
    sound = (tone + BREATH * chance.normal(size=samples)) * np.hanning(samples)
    loudest: float = np.abs(sound).max()
    return np.asarray(sound / loudest * LEVEL * 32_767).astype(np.int16)


def _samples(ms: float) -> int:
    return round(ms * RATE_HZ / 1000)
