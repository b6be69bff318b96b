"""The call's audio on its way out: resampled, encoded, and the words placed in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.audio import Encoding, Int16, Resampler, encode
from inference.tts.engine import Piece, TimedWord

# The voice closes each clause with 200 ms of silence; people pause longer between sentences.
SENTENCE_PAUSE_MS = 150
SENTENCE_MARKS = frozenset(".?!")


@dataclass(frozen=True, slots=True)
class Format:
    """What the caller asked the audio to be."""

    encoding: Encoding
    rate_hz: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Encoded audio, where it begins in the call's audio, and the words that begin in it."""

    audio: bytes
    start_ms: float
    words: tuple[TimedWord, ...]


class Output:
    """Feed it an engine's pieces, clause by clause; it returns chunks whose positions are exact."""

    def __init__(self, engine_rate_hz: int, wanted: Format) -> None:
        self._engine_rate_hz = engine_rate_hz
        self._wanted = wanted
        self._resampler = Resampler(engine_rate_hz, wanted.rate_hz)
        self._base_samples = 0  # given out before this resampler, at the caller's rate
        self._fed_samples = 0  # to this resampler, at the engine's rate
        self._given_samples = 0
        self._clause_ms = 0.0
        self._pause_ms = 0
        self._waiting: deque[TimedWord] = deque()  # at most the words of a clause or two

    @property
    def end_ms(self) -> float:
        """Length of the audio given out so far."""
        return self._ms(self._given_samples)

    def begin_clause(self) -> None:
        """Count the times of the next pieces' words from here; a pause that is due comes first."""
        self._clause_ms = (
            self._ms(self._base_samples) + self._fed_samples * 1000 / self._engine_rate_hz
        )

    def end_clause(self, mark: str) -> None:
        """Let a pause come before the next clause, where `mark` ends a sentence."""
        self._pause_ms = SENTENCE_PAUSE_MS if mark in SENTENCE_MARKS else 0

    def feed(self, piece: Piece) -> Chunk | None:
        """Return what can be given out after `piece`, or None where that is nothing yet."""
        silence = self._pause()
        self._waiting.extend(self._placed(merge(piece.words)))
        samples = np.concatenate([silence, piece.samples]) if len(silence) else piece.samples
        self._fed_samples += len(samples)
        return self._give(self._resampler.feed(samples))

    def flush(self) -> Chunk | None:
        """Return the rest, up to the last sample fed."""
        tail = self._resampler.flush()
        self._resampler = Resampler(self._engine_rate_hz, self._wanted.rate_hz)
        chunk = self._give(tail, last=True)
        self._base_samples, self._fed_samples = self._given_samples, 0
        return chunk

    def _pause(self) -> Int16:
        pause_ms, self._pause_ms = self._pause_ms, 0
        self._clause_ms += pause_ms
        return np.zeros(self._engine_rate_hz * pause_ms // 1000, np.int16)

    def _placed(self, words: Sequence[TimedWord]) -> list[TimedWord]:
        begin = self._clause_ms
        return [TimedWord(word.span, begin + word.start_ms, begin + word.end_ms) for word in words]

    def _give(self, samples: Int16, *, last: bool = False) -> Chunk | None:
        start_ms = self.end_ms
        self._given_samples += len(samples)
        words: list[TimedWord] = []
        while self._waiting and (last or self._waiting[0].start_ms < self.end_ms):
            words.append(self._waiting.popleft())
        if not len(samples) and not words:
            return None
        return Chunk(encode(samples, self._wanted.encoding), start_ms, tuple(words))

    def _ms(self, samples: int) -> float:
        return samples * 1000 / self._wanted.rate_hz


def merge(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Join neighbours that stand for the same written word, such as the three of "3.5"."""
    merged: list[TimedWord] = []
    for word in words:
        if merged and merged[-1].span == word.span:
            merged[-1] = TimedWord(word.span, merged[-1].start_ms, word.end_ms)
        else:
            merged.append(word)
    return merged
