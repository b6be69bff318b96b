"""The caller's microphone, as every client here has it: silence, and a recording where somebody speaks.

Only Python's own library is imported: each client runs it in an environment of its own.
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator

RATE_HZ = 24_000
PIECE_MS = 20
PIECE_BYTES = 2 * RATE_HZ * PIECE_MS // 1000
# Of the greeting, until the caller speaks over it.
GREETED_MS = 1500
# A client's whole conversation takes some 20 s.
STORY_S = 60


class Microphone:
    """Yields 20 ms of PCM16 at a time, mono at 24 kHz, as fast as they are spoken; `path` is a WAV file."""

    def __init__(self, path: str) -> None:
        with wave.open(path) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (
                RATE_HZ,
                1,
                2,
            )
            self._recording = file.readframes(file.getnframes())
        self._spoken = b""

    def speak(self) -> None:
        """Say what was recorded, from now on."""
        self._spoken = self._recording

    async def pieces(self) -> AsyncIterator[bytes]:
        """Listen until whoever asks has heard enough."""
        clock = asyncio.get_running_loop().time
        due_s = clock()
        while True:
            due_s += PIECE_MS / 1000
            await asyncio.sleep(due_s - clock())
            piece, self._spoken = self._spoken[:PIECE_BYTES], self._spoken[PIECE_BYTES:]
            yield piece.ljust(PIECE_BYTES, b"\0")
