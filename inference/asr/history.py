"""The last of a stream's audio, addressed by position."""

from __future__ import annotations

from collections import deque

import numpy as np

from antiphon.audio import Int16


class History:
    """Audio from some position up to now; positions are samples from the start of the stream."""

    def __init__(self) -> None:
        self._chunks: deque[Int16] = deque()
        self._start = 0
        self._end = 0

    @property
    def start(self) -> int:
        """The first position that is still there."""
        return self._start

    @property
    def end(self) -> int:
        """The position after the last sample."""
        return self._end

    def append(self, chunk: Int16) -> None:
        """Add what comes next."""
        self._chunks.append(chunk)
        self._end += len(chunk)

    def forget(self, before: int) -> None:
        """Drop whole chunks that end at or before `before`."""
        while self._chunks and self._start + len(self._chunks[0]) <= before:
            self._start += len(self._chunks.popleft())

    def between(self, start: int, end: int) -> Int16:
        """Return a copy of the audio from `start` to `end`, less what is forgotten or not yet there."""
        if not self._chunks:
            return np.zeros(0, np.int16)
        whole = np.concatenate(self._chunks)
        return whole[max(start - self._start, 0) : max(end - self._start, 0)].copy()
