"""The folder of an appliance that runs: its sockets, its lock, and who is in it."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from antiphon.errors import Misconfigured

LOCK = "lock"
STATE = "services.json"

# Whoever asks for the holder has the lock for an instant, an appliance for as long as it runs.
PATIENCE_S = 0.2
RETRY_S = 0.01


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What a supervisor last did with a service. `pid` is 0 while there is no process."""

    state: str  # "starting", "ready", "restarting"
    pid: int
    address: str
    shown: str = ""  # where it is another one for callers, or more than one


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Make `folder`, readable by its owner only, and keep every other supervisor out of it.

    The lock ends with this process, however it ends.
    """
    _make(folder)
    with (folder / LOCK).open("a+") as lock:
        try:
            _lock(lock)
        except BlockingIOError:
            raise Misconfigured(_held_message(folder)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            (folder / STATE).unlink(missing_ok=True)


def holder(folder: Path) -> int | None:
    """Return the process id of the supervisor that runs in `folder`, or None."""
    try:
        with (folder / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0)
    except FileNotFoundError:
        pass
    return None


def write_states(folder: Path, states: Mapping[str, ServiceState]) -> None:
    """Tell `antiphon status` how the services are; a reader sees the old text or the new."""
    partial = folder / f"{STATE}.part"
    partial.write_text(json.dumps({name: asdict(state) for name, state in states.items()}))
    partial.replace(folder / STATE)


def read_states(folder: Path) -> dict[str, ServiceState]:
    """Return how the services in `folder` are; empty where none runs."""
    try:
        found = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        return {}
    return {name: ServiceState(**state) for name, state in found.items()}


def _lock(file: IO[str]) -> None:
    """Lock `file` for this process alone; raise `BlockingIOError` where another holds it for longer."""
    deadline_s = monotonic() + PATIENCE_S
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= deadline_s:
                raise
        sleep(RETRY_S)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise Misconfigured(f"cannot make the run folder {folder}: {error.strerror}") from None
    if found.st_uid != os.geteuid():
        raise Misconfigured(f"the run folder {folder} is another user's; set XDG_RUNTIME_DIR")


def _held_message(folder: Path) -> str:
    pid = holder(folder)
    return (
        f"an appliance already runs in {folder}{f' (process {pid})' if pid else ''}; "
        "`antiphon status` shows it, Ctrl-C stops it"
    )
