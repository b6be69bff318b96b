"""The machine: platform, Debian's packages, room on the disk."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

from antiphon.paths import state_dir
from models.disk import MIB
from models.progress import Silent
from models.pull import plan
from models.sources.supply import CatalogueSupply
from models.store import Store, open_store
from ops.doctor.finding import Finding
from ops.needed_models import absent, needed
from ops.settings import Settings

APT = "sudo apt-get update && sudo apt-get install --yes"
# Logs at their bound, and half a gigabyte for whatever else the machine writes.
SPARE_MIB = 560


def machine() -> Finding:
    """Say where this is; an unsupported platform never comes so far."""
    version = platform.python_version()
    return Finding("platform", f"{platform.system()} {platform.machine()}, CPython {version}")


def packages(settings: Settings) -> Iterator[Finding]:
    """Look for what Debian has and no package index."""
    yield _package("libopus0", find_library("opus") is not None)
    if settings.tts.engine == "coqui":
        yield _package("espeak-ng", shutil.which("espeak-ng") is not None)
    if settings.llm.engine == "vllm":
        yield _package("libnuma1", find_library("numa") is not None)


def _package(name: str, there: bool) -> Finding:
    if there:
        return Finding("packages", f"{name} is installed")
    return Finding("packages", f"{name} is not installed", f"{APT} {name}")


def disk(settings: Settings) -> Iterator[Finding]:
    """Look for room for the models that are still to come, and for logs."""
    store = open_store(settings.models)
    yield _room("models", settings.models.dir, _missing_mib(store, settings) + SPARE_MIB)
    yield _room("state", state_dir(), SPARE_MIB)


def _missing_mib(store: Store, settings: Settings) -> int:
    supply = CatalogueSupply(settings.models.dir, settings.models.hub_url, Silent())
    return sum(entry.disk_mib for entry in plan(store, absent(store, needed(settings)), supply))


def _room(what: str, folder: Path, needed_mib: int) -> Finding:
    free_mib = shutil.disk_usage(_existing(folder)).free // MIB
    found = f"{free_mib} MiB free for {what} in {folder}"
    if free_mib >= needed_mib:
        return Finding("disk", found)
    return Finding("disk", found, f"free {needed_mib - free_mib} MiB there")


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())
