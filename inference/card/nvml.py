"""What NVML says of the card that CUDA will use; not every environment has pynvml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from inference.card.card import Card

MIB = 2**20
VISIBLE = "CUDA_VISIBLE_DEVICES"


def probe(environ: Mapping[str, str] = os.environ) -> Card | None:
    """Return the first card that CUDA may use, None where NVML or the card cannot be asked.

    Where it cannot, nothing is known: the engine's library then says in its own words what it lacks.
    """
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        return _read(pynvml, environ.get(VISIBLE, ""))
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _read(nvml: Any, visible: str) -> Card:
    device = _device(nvml, visible.split(",")[0].strip())
    memory = nvml.nvmlDeviceGetMemoryInfo(device)
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(device)
    return Card(
        name=nvml.nvmlDeviceGetName(device),
        memory_mib=int(memory.total) // MIB,
        free_mib=int(memory.free) // MIB,
        driver=nvml.nvmlSystemGetDriverVersion(),
        capability=(int(major), int(minor)),
    )


def _device(nvml: Any, first: str) -> Any:
    """Return the handle of what CUDA calls its first device: by number, by name ("GPU-..."), or the first."""
    if first.startswith(("GPU-", "MIG-")):
        return nvml.nvmlDeviceGetHandleByUUID(first)
    return nvml.nvmlDeviceGetHandleByIndex(int(first) if first.isdigit() else 0)
