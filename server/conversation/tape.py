"""The caller's audio since the last final, kept so that another recogniser can hear it again. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

# The recogniser cuts speech at 28 s; what was said before that, and not told yet, is as long at most.
LONGEST_MS = 60_000.0
# A client may send a sample at a time: what nobody has heard yet is joined up to a frame, and what is kept
# is counted too.
SHORT_MS = 20.0
MOST_PIECES = 6000
# While nobody speaks: the voice that is found next may have begun so long ago.
BEFORE_SPEECH_MS = 2_000.0


@dataclass(slots=True)
class Piece:
    """Audio from `start_ms` to `end_ms` of the session; None: here an utterance was ended on request.

    `level_db` is how loud it is, once somebody has measured it.
    """

    start_ms: float
    end_ms: float
    audio: bytes | None
    level_db: float | None = None


class Tape:
    """Pieces have numbers, which only grow; `first` is that of the oldest that is kept."""

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self.first = 0
        self.end_ms = 0.0

    @property
    def next(self) -> int:
        """The number of the piece that comes next."""
        return self.first + len(self._pieces)

    @property
    def start_ms(self) -> float:
        """Where what is kept begins."""
        return self._pieces[0].start_ms if self._pieces else self.end_ms

    def pieces(self) -> tuple[Piece, ...]:
        """Return all that are kept."""
        return tuple(self._pieces)

    def at(self, number: int) -> Piece | None:
        """Return a piece, the oldest for one that is kept no more; None where none has come yet."""
        index = max(number - self.first, 0)
        return self._pieces[index] if index < len(self._pieces) else None

    def add(self, audio: bytes, duration_ms: float, fed: int) -> None:
        """Append audio; beyond the bounds the oldest is lost. Pieces from `fed` on nobody has heard yet."""
        start_ms, self.end_ms = self.end_ms, self.end_ms + duration_ms
        if self._pieces and self.next > fed and duration_ms < SHORT_MS and self._join(audio):
            return
        self._pieces.append(Piece(start_ms, self.end_ms, audio))
        self._forget_before(self.end_ms - LONGEST_MS)
        if len(self._pieces) > MOST_PIECES:
            self._drop()

    def finish(self) -> None:
        """Note that the utterance was ended here."""
        self._pieces.append(Piece(self.end_ms, self.end_ms, None))

    def settle(self, end_ms: float) -> None:
        """Forget what a final that ends at `end_ms` has told: up to the first request for one, if any."""
        finished = next((i for i, one in enumerate(self._pieces) if one.audio is None), None)
        if finished is None:
            self._forget_before(end_ms)
            return
        for _ in range(finished + 1):
            self._drop()

    def rest(self, heard: int) -> None:
        """Forget what was heard before the piece `heard`, but for the last while: nobody speaks."""
        while self._pieces and self.first < heard and self._old(self._pieces[0]):
            self._drop()

    def clear(self) -> None:
        """Forget everything."""
        self.first = self.next
        self._pieces.clear()

    def _join(self, audio: bytes) -> bool:
        """Lengthen the last piece by `audio`, and return True, where it is short."""
        last = self._pieces[-1]
        if last.audio is None or last.end_ms - last.start_ms >= SHORT_MS:
            return False
        last.audio, last.end_ms, last.level_db = last.audio + audio, self.end_ms, None
        return True

    def _old(self, piece: Piece) -> bool:
        return piece.audio is not None and piece.end_ms < self.end_ms - BEFORE_SPEECH_MS

    def _forget_before(self, position_ms: float) -> None:
        while self._pieces and self._pieces[0].end_ms <= position_ms:
            self._drop()

    def _drop(self) -> None:
        self._pieces.popleft()
        self.first += 1
