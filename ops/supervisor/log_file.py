"""What one service prints, in files of bounded size."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path

from antiphon.errors import Misconfigured

KEPT_FILES = 2  # older than the one that is written to
# A traceback's end, or the whole of a short one.
TAIL_LINES = 15
# One line of a service is at most a path and a message; a longer one is cut for the tail, not the file.
TAIL_LINE_BYTES = 500


class LogFile:
    """Appends to `path`; a full file becomes `NAME.log.1`, that one `NAME.log.2`, and that is all.

    Raises `Misconfigured` where nothing can be written there.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._tail: deque[bytes] = deque(maxlen=TAIL_LINES)
        self._unfinished = b""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise Misconfigured(f"cannot write the log {path}: {error.strerror}") from None

    def write(self, data: bytes) -> None:
        """Append `data`; a disk that is full loses it and nothing else."""
        self._remember(data)
        with suppress(OSError):  # the service must go on; its last lines are still in memory
            self._file.write(data)
            if self._file.tell() >= self._max_bytes:
                self._rotate()

    def tail(self) -> str:
        """Return the last lines written."""
        lines = [*self._tail, self._unfinished] if self._unfinished else list(self._tail)
        return b"\n".join(lines[-TAIL_LINES:]).decode(errors="replace")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _remember(self, data: bytes) -> None:
        *whole, self._unfinished = (self._unfinished + data).split(b"\n")
        self._unfinished = self._unfinished[:TAIL_LINE_BYTES]
        self._tail.extend(line[:TAIL_LINE_BYTES] for line in whole)

    def _rotate(self) -> None:
        for number in range(KEPT_FILES, 0, -1):
            older = self._numbered(number - 1)
            if older.exists():
                older.replace(self._numbered(number))
        # Where no other can be opened, what is written goes on in the one that is full.
        full, self._file = self._file, self.path.open("ab", buffering=0)
        full.close()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path
