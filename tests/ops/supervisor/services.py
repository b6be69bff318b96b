"""Services made of the stand-in, and settings for them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ops.settings import SupervisorSettings
from ops.supervisor.plan import Service


def stand_in(kind: str, folder: Path, name: str = "asr") -> Service:
    """Return a service that behaves as the stand-in's `kind`."""
    address = f"unix:{folder / name}.sock"
    environ = {"STAND_IN": kind, "ANTIPHON_ASR__ADDRESS": address}
    module, python = "tests.ops.supervisor.stand_in", Path(sys.executable)
    return Service(name, module, python, address, environ, {f"[{name}] address": address})


def refuse_processes(patch: pytest.MonkeyPatch) -> None:
    """Make each process that asyncio starts fail as where there are too many."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    patch.setattr(subprocess, "Popen", refuse)


def quick(
    folder: Path, *, start_timeout_s: float = 30.0, stall_s: float = 5.0, steady_s: float = 20.0
) -> SupervisorSettings:
    """Return settings that give up soon."""
    return SupervisorSettings(
        log_dir=folder / "logs",
        stop_grace_s=0.2,
        start_timeout_s=start_timeout_s,
        stall_s=stall_s,
        steady_s=steady_s,
    )
