"""Calls to the engines that are no session's, bounded so that sessions always find room.

The engines' own bounds (`[asr] max_streams`, `[tts] max_calls`, `[llm] max_waiting`) are met by whoever comes
last. Were those all that stands, a batch job with many streams would end conversations.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from antiphon.errors import Exhausted
from server.door import UNWATCHED, Door, Refusal, Wanted


class Guests:
    """Who is served by which engine just now; `most` bounds each of the three."""

    def __init__(self, most: int, door: Door = UNWATCHED) -> None:
        self._most = most
        self._door = door
        self._present = {Wanted.RECOGNITION: 0, Wanted.GENERATION: 0, Wanted.SYNTHESIS: 0}

    @contextmanager
    def recognition(self) -> Iterator[None]:
        """Hold a place at speech recognition during the block; raise `Exhausted` where none is free."""
        with self._place(Wanted.RECOGNITION):
            yield

    @contextmanager
    def generation(self) -> Iterator[None]:
        """Hold a place at the language model; raise likewise."""
        with self._place(Wanted.GENERATION):
            yield

    @contextmanager
    def synthesis(self) -> Iterator[None]:
        """Hold a place at the voice; raise likewise."""
        with self._place(Wanted.SYNTHESIS):
            yield

    @contextmanager
    def _place(self, what: Wanted) -> Iterator[None]:
        if self._present[what] >= self._most:
            self._door.refused(what, Refusal.FULL)
            raise Exhausted(
                f"all {self._most} places for {what} beside conversations are taken; try again shortly, or "
                "raise [server] max_guests",
                reason="GUESTS_FULL",
            )
        self._present[what] += 1
        try:
            yield
        finally:
            self._present[what] -= 1
