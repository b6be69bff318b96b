"""A voice made for tests: what it speaks, and when, is the test's to say."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from inference.tts.engine import EngineInfo, Piece, Said, TimedWord

RATE_HZ = 16_000
WORD_MS = 100
PIECES = 3


class CountingVoice:
    """Speaks 100 ms a word, in three pieces; `gate` can hold each of them back."""

    def __init__(self) -> None:
        self.info = EngineInfo("counting", "en-US", RATE_HZ)
        self.gate = threading.Semaphore(1_000_000)
        self.begun = threading.Event()
        self.spoken: list[str] = []  # the first word of each piece's clause, in the order of work
        self.threads: set[str] = set()
        self.closed = False

    def speak(self, words: Sequence[Said], speed: float) -> Iterator[Piece]:
        """See `Voice.speak`."""
        samples = np.full(RATE_HZ * WORD_MS // 1000 * len(words), 1000, np.int16)
        times = tuple(
            TimedWord(word.span, index * WORD_MS, (index + 1) * WORD_MS)
            for index, word in enumerate(words)
        )
        for number, part in enumerate(np.array_split(samples, PIECES)):
            self.begun.set()
            self.gate.acquire()
            self.spoken.append(words[0].text)
            self.threads.add(threading.current_thread().name)
            yield Piece(part, () if number else times)

    def close(self) -> None:
        """See `Voice.close`."""
        self.closed = True
