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
# Written at once and then read: one wait for the process a clause, and far less than a pipe holds.
BATCH_LINES = 32
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
        return [" ".join(answer) for answer in self._answers(lines)]

    def alone(self, words: Sequence[str]) -> list[str]:
        """Return the IPA of each word as if it stood alone; raise as `phonemise` does."""
        line = ", ".join(words)
        if len(line.encode()) <= MAX_LINE_BYTES:
            # As clauses of one line, 0.35 ms a word instead of 0.9.
            (heard,) = self._answers([line])
            if len(heard) == len(words):
                return heard
        return self.phonemise(words)

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

    def _answers(self, lines: Sequence[str]) -> list[list[str]]:
        """Return the lines that each line is answered with, from a new process if the old one died."""
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

    def _ask(self, lines: Sequence[str]) -> list[list[str]]:
        batches = [lines[i : i + BATCH_LINES] for i in range(0, len(lines), BATCH_LINES)]
        return [answer for batch in batches for answer in self._ask_batch(batch)]

    def _ask_batch(self, lines: Sequence[str]) -> list[list[str]]:
        assert self._process.stdin is not None
        sentinel = f"\n{_SENTINEL}\n".encode()
        self._process.stdin.write(b"".join(_sendable(line) + sentinel for line in lines))
        return [self._read_answer() for _ in lines]

    def _read_answer(self) -> list[str]:
        heard: list[str] = []
        while (answer := self._read_line()) != _SENTINEL_IPA:
            heard.append(" ".join(_LANGUAGE_SWITCH.sub("", answer).split()))
        return [line for line in heard if line]

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
