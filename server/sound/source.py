"""The bytes of a sound as FFmpeg reads them, on the decoder's thread."""

from __future__ import annotations

from collections.abc import Callable

from antiphon.errors import InvalidInput

# What OpenAI takes as a file is 25 MB; only MP4 that holds its index at the end is held whole.
MAX_HELD_BYTES = 32 * 1024 * 1024


class Source:
    """Reads from the first byte to the last, once; `more` returns the next bytes, none at the end."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._ahead = bytearray()

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes without taking them; fewer at the end."""
        while len(self._ahead) < size and (data := self._more()):
            self._ahead += data
        return bytes(self._ahead[:size])

    def read(self, size: int) -> bytes:
        """Take at most `size` bytes, at least one before the end."""
        if not self._ahead:
            self._ahead += self._more()
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken


class Held:
    """A file over `source` that can be read from anywhere, and waits for what has not come."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._data = bytearray()
        self._at = 0
        self._over = False

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes from the position on, at least one before the end."""
        while len(self._data) <= self._at and not self._over:
            self._pull()
        taken = bytes(self._data[self._at : self._at + size])
        self._at += len(taken)
        return taken

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position, as a file's `seek` does."""
        while whence == 2 and not self._over:
            self._pull()
        self._at = max((0, self._at, len(self._data))[whence] + offset, 0)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def _pull(self) -> None:
        data = self._source.read(MAX_HELD_BYTES)
        self._over = not data
        self._data += data
        if len(self._data) > MAX_HELD_BYTES:
            raise InvalidInput(
                f"an MP4 file over {MAX_HELD_BYTES} bytes must have its index (`moov`) at the start",
                reason="SOUND",
            )
