"""What vLLM needs of its process, before it is imported. Imports nothing of it."""

from __future__ import annotations

import os


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
        # Forked, its core would share gRPC's sockets and threads.
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
        # The CPU build only: compute in the core's own process. By default it starts another below
        # it, to bind threads to cores, which we do not want, and which costs 16 of 44 s of the
        # start. AsyncLLM's core is a process of its own either way. Without effect on CUDA.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        # CUDA only: FlashInfer's sampler is compiled as vLLM starts, with nvcc and a C++ compiler. The
        # image has neither, and vLLM then does not start; its own kernels draw from the same chances.
        "VLLM_USE_FLASHINFER_SAMPLER": "0",
    }


def prepare(threads: int) -> None:
    """Set the environment; call it before vLLM is imported."""
    os.environ.update(environment(threads))
