"""One kept espeak-ng process that turns words into IPA.

A new process a clause costs 14 to 35 ms, a kept one 0.7 ms. It is a process and not the library, because
espeak-ng is GPL-3.0 and this appliance is not.
"""

from __future__ import annotations

import re
import select
import shutil
import subprocess
from collections.abc import Sequence

from antiphon.errors import Misconfigured, Unavailable

# espeak-ng reads its input into a buffer of 1000 bytes and speaks a longer line in parts.
MAX_LINE_BYTES = 990
# Phonemes given directly, which no text can yield: text with brackets never reaches the process.
_SENTINEL = "[[ZZZZZ]]"
_SENTINEL_IPA = "ʒʒʒʒʒ"
# It answers in under a millisecond; a loaded machine may need much longer, a hung process for ever.
_ANSWER_TIMEOUT_S = 5.0
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")


class Espeak:
    """Phonemises lines of plain words; restarts its process once when that has died."""

    def __init__(self, language: str) -> None:
        for needed in ("espeak-ng", "stdbuf"):
            if shutil.which(needed) is None:
                raise Misconfigured(
                    f"{needed} is missing; install it: apt-get install espeak-ng coreutils"
                )
        self._language = language
        self._process = self._start()

    def phonemise(self, lines: Sequence[str]) -> list[str]:
        """Return the IPA of each line, words apart by spaces; raise `Unavailable` if it cannot answer."""
        try:
            return self._ask(lines)
        except (OSError, EOFError):
            self.close()
            self._process = self._start()
        try:
            return self._ask(lines)
        except (OSError, EOFError):
            raise Unavailable(
                "espeak-ng stopped twice while it worked; see `antiphon doctor`"
            ) from None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        # -b 1: UTF-8. stdbuf: a pipe would otherwise hold the answer back until 4 KiB are full.
        command = ["stdbuf", "-oL", "espeak-ng", "-q", "-b", "1", "--ipa", "-v", self._language]
        self._unread = b""
        return subprocess.Popen(
            command,
            bufsize=0,  # select must see all that is unread
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _ask(self, lines: Sequence[str]) -> list[str]:
        return [self._ask_one(line) for line in lines]

    def _ask_one(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(_sendable(line) + f"\n{_SENTINEL}\n".encode())
        heard: list[str] = []
        while (answer := self._read_line()) != _SENTINEL_IPA:
            heard.append(_LANGUAGE_SWITCH.sub("", answer))
        return " ".join(" ".join(heard).split())

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._process.stdout], [], [], _ANSWER_TIMEOUT_S)
            data = self._process.stdout.read(4096) if ready else b""
            if not data:
                raise EOFError
            self._unread += data
        line, self._unread = self._unread.split(b"\n", 1)
        return line.decode("utf-8", "replace").strip()


def _sendable(line: str) -> bytes:
    """Return `line` without what espeak-ng would take as a command, cut to what it reads at once."""
    plain = re.sub(r"[\[\]<>\x00-\x1f]", " ", line)
    return plain.encode("utf-8", "ignore")[:MAX_LINE_BYTES].decode("utf-8", "ignore").encode()
