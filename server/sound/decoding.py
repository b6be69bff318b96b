"""Decodes a sound while its bytes arrive."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16
from antiphon.errors import InvalidInput
from server.sound.container import samples_of
from server.sound.handover import Closed, Ended, Handover, Wanted
from server.sound.kind import Kind
from server.sound.source import Source

__all__ = ["MAX_DURATION_S", "Kind", "decode"]

# OpenAI's 25 MB last 1.8 hours at the 32 kb/s of small speech files; compressed silence would last weeks.
MAX_DURATION_S = 2 * 3600.0
# FFmpeg's frames have 10 to 100 ms: a piece of half a second wakes the loop less often.
_PIECES_A_SECOND = 2


async def decode(
    chunks: AsyncIterator[bytes],
    kind: Kind | None,
    rate_hz: int = RECOGNITION_RATE_HZ,
    limit_s: float = MAX_DURATION_S,
) -> AsyncGenerator[Int16, None]:
    """Yield the sound whose file arrives in `chunks`, as mono int16 of shape `(n,)` at `rate_hz`.

    Samples come out as soon as FFmpeg has them: with the first kilobytes of most kinds, after 64 KiB of
    WAV, some ten frames late of FLAC, and with the last byte of an MP4 file that has its index there.
    `chunks` is asked for more only when what it gave is used up, and the decoder is at most
    `MAX_AHEAD` pieces of half a second ahead of the reader.

    `kind` is what the sound must be; None takes any. Raises `InvalidInput`: reason SOUND where the bytes
    are no such sound, NO_AUDIO where they hold none, TOO_LONG beyond `limit_s` of sound (what was within
    is yielded before), NOT_FINITE where samples are no numbers. What `chunks` raises passes through.

    Wrap it in `contextlib.aclosing`: the thread that decodes ends with the generator.
    """
    handover = Handover()
    work = _Work(handover, kind, rate_hz, limit_s)
    thread = threading.Thread(target=work.run, name="sound-decoder", daemon=True)
    thread.start()
    try:
        while not isinstance(event := await handover.next(), Ended):
            if isinstance(event, Wanted):
                handover.give(await _next(chunks))
            else:
                yield event
        if event.error is not None:
            raise event.error
    finally:
        await handover.close()
        thread.join()  # it has said its last


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the next bytes, none at the end."""
    async for chunk in chunks:
        if chunk:
            return chunk
    return b""


class _Work:
    """What the thread does."""

    def __init__(self, handover: Handover, kind: Kind | None, rate_hz: int, limit_s: float) -> None:
        self._handover = handover
        self._kind = kind
        self._rate_hz = rate_hz
        self._room = round(limit_s * rate_hz)
        self._limit_s = limit_s
        self._piece: list[Int16] = []
        self._piece_samples = 0

    def run(self) -> None:
        """Decode until the sound ends, or nobody listens."""
        error: Exception | None = None
        try:
            self._decode()
        except Closed:
            pass
        except Exception as failure:  # noqa: BLE001 - the thread's boundary: the caller gets it
            error = failure
        self._handover.end(error)

    def _decode(self) -> None:
        for samples in samples_of(Source(self._more), self._kind, self._rate_hz):
            self._piece.append(samples[: self._room])
            self._piece_samples += len(self._piece[-1])
            self._room -= len(self._piece[-1])
            if len(samples) > len(self._piece[-1]):
                self._flush()
                raise InvalidInput(
                    f"the sound lasts over {self._limit_s:.0f} s; send it in parts",
                    reason="TOO_LONG",
                )
            if self._piece_samples >= self._rate_hz // _PIECES_A_SECOND:
                self._flush()
        self._flush()

    def _more(self) -> bytes:
        self._flush()  # the next bytes may be long in coming
        return self._handover.more()

    def _flush(self) -> None:
        if self._piece_samples:
            self._handover.put(np.concatenate(self._piece))
        self._piece.clear()
        self._piece_samples = 0
