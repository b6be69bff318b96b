"""What vLLM needs of its process, before it is imported. Imports nothing of it."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def environment(threads: int) -> dict[str, str]:
    """Return the environment variables that vLLM, torch and their children read."""
    return {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "WARNING",
        "OMP_NUM_THREADS": str(threads),
        # Threads that wait do not spin: the other engines need the cores.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        # Forked children would share gRPC's sockets; spawned ones import `__main__` and so `die_with_parent`.
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
        # The CPU build only: compute in the core's own process. By default it starts another below
        # it, to bind threads to cores, which we do not want, and which costs 16 of 44 s of the
        # start. AsyncLLM's core is a process of its own either way. Without effect on CUDA.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    }


def prepare(threads: int) -> None:
    """Set the environment; call it before vLLM is imported."""
    os.environ.update(environment(threads))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent's main thread has ended, however it ended.

    vLLM's core waits on a socket to which nobody writes any more if its parent was killed, and
    keeps its memory for ever. Called as the core imports `__main__`, too early for multiprocessing
    to know the parent; so by prctl(2).
    """
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it ended before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)
