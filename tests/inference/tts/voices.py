"""A voice made for tests: what it speaks, and when, is the test's to say."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from inference.tts.engine import EngineInfo, Piece, Said, Speech, TimedWord
from inference.tts.stage import AnyStage, Stage, compute

T = TypeVar("T")
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


class StagedVoice:
    """Computes each word in a stage of its own, alike for words of one first letter; `gate` holds it back."""

    def __init__(self) -> None:
        self.info = EngineInfo("staged", "en-US", RATE_HZ)
        self.gate = threading.Semaphore(1_000_000)
        self.begun = threading.Event()
        self.held = threading.Event()
        self.computed: list[list[str]] = []  # begun, in the order of work

    def speak(self, words: Sequence[Said], speed: float) -> Speech:
        """See `Voice.speak`; the text is that of its words."""
        for word in words:
            stage = Stage(word.text[0], self._run, word.text)
            yield stage
            yield Piece(np.full(100, len(stage.made), np.int16))

    def _run(self, given: Sequence[str]) -> list[str]:
        self.computed.append(list(given))
        self.begun.set()
        if not self.gate.acquire(blocking=False):
            self.held.set()
            self.gate.acquire()
        if any("bad" in text for text in given):
            raise ValueError("planted")
        return [text.upper() for text in given]

    def close(self) -> None:
        """See `Voice.close`."""


def in_step(speeches: Sequence[Iterator[T | AnyStage]]) -> tuple[list[list[T]], int]:
    """Return what each yields where all that can be is computed together, and how many were so."""
    found: list[list[T]] = [[] for _ in speeches]
    shared = 0
    while True:
        wanted: dict[Hashable, list[AnyStage]] = {}
        for number, speech in enumerate(speeches):
            for item in speech:
                if isinstance(item, Stage):
                    wanted.setdefault(number if item.kind is None else item.kind, []).append(item)
                    break
                found[number].append(item)
        if not wanted:
            return found, shared
        for stages in wanted.values():
            compute(stages)
            shared += len(stages) > 1
