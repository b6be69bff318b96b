"""A stand-in for pynvml, with one card that can be what a test wants."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import pytest

MIB = 2**20


class NVMLError(Exception):
    """As pynvml's own."""


@dataclass
class FakeNvml:
    """Its cards have so much memory, by what they are asked for with."""

    memory_mib: int = 23_034
    free_mib: int = 22_500
    driver: str = "580.95.05"
    capability: tuple[int, int] = (8, 9)
    failing: str = ""
    asked: list[object] = field(default_factory=list)
    running: int = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
        module = ModuleType("pynvml")
        vars(module).update(
            NVMLError=NVMLError,
            nvmlInit=self.init,
            nvmlShutdown=self.shutdown,
            nvmlDeviceGetHandleByIndex=self.handle,
            nvmlDeviceGetHandleByUUID=self.handle,
            nvmlDeviceGetName=lambda _: "NVIDIA L4",
            nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(
                total=self.memory_mib * MIB + 5, free=self.free_mib * MIB
            ),
            nvmlDeviceGetCudaComputeCapability=lambda _: self.capability,
            nvmlSystemGetDriverVersion=lambda: self.driver,
        )
        monkeypatch.setitem(sys.modules, "pynvml", module)
        return self

    def init(self) -> None:
        if self.failing == "init":
            raise NVMLError("Driver Not Loaded")
        self.running += 1

    def shutdown(self) -> None:
        self.running -= 1

    def handle(self, which: object) -> object:
        if self.failing == "handle":
            raise NVMLError("Invalid Argument")
        self.asked.append(which)
        return which
