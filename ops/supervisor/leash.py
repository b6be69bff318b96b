"""Runs a module in this process such that the kernel ends it when its supervisor is gone.

`python leash.py SUPERVISOR_PID MODULE`. A file of its own, run with -I -S, so that the few system
calls before `exec` cost 10 ms and import nothing of the service's environment.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2); it outlives exec


def main(supervisor_pid: int, module: str) -> None:
    """Become `python -m MODULE`. SIGKILL, since nothing is left that could wait for an orderly end."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor_pid:
        sys.exit(1)  # it died before the call above
    os.execv(sys.executable, [sys.executable, "-m", module])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
