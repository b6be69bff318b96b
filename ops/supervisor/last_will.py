"""Ends what services started, should their supervisor be killed.

The kernel ends the services themselves (leash.py), but not the processes that these have started: vLLM's
core would keep its memory for ever. So a small process waits at the end of a pipe, is told of each
process group that comes and goes, and ends those that are left when the pipe closes, however it does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


class LastWill:
    """The supervisor's end of the pipe."""

    def __init__(self) -> None:
        # -I -S: it needs the standard library, and 10 ms. A session of its own: Ctrl-C is not for it.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def add(self, group: int) -> None:
        """Have the process group `group` ended with the supervisor."""
        self._tell(b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """Forget a group that has ended: its number may become another's."""
        self._tell(b"-%d\n" % group)

    def close(self) -> None:
        """Let it end what is left, which is nothing after an orderly stop, and wait for it."""
        with self._process, suppress(BrokenPipeError):
            self._pipe.close()

    def _tell(self, line: bytes) -> None:
        # Without it the supervisor's work goes on; only its sudden death would be less tidy.
        with suppress(BrokenPipeError):
            self._pipe.write(line)
            self._pipe.flush()

    @property
    def _pipe(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]


def execute(told: BinaryIO) -> None:
    """Read until the other end is gone, then end every group that is left."""
    groups: set[int] = set()
    for line in told:
        (groups.add if line.startswith(b"+") else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    execute(sys.stdin.buffer)
