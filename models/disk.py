"""Room on the disk: asked for before a pull, and one clear line where it runs out during one."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from antiphon.errors import Exhausted, Misconfigured

MIB = 1024 * 1024
# What the file system itself and everybody else on the machine need to go on working.
RESERVE_BYTES = 64 * MIB

_FULL = (errno.ENOSPC, errno.EDQUOT)


def require(folder: Path, needed_bytes: int, what: str) -> None:
    """Raise `Exhausted` unless `needed_bytes` and a reserve fit on the disk of `folder`, which exists."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + RESERVE_BYTES:
        raise _exhausted(folder, needed_bytes + RESERVE_BYTES, what)


@contextmanager
def guarded(folder: Path, needed_bytes: int, what: str) -> Iterator[None]:
    """Turn the operating system's refusal to write under `folder` into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _exhausted(folder, needed_bytes, what) from error
        where = error.filename or folder
        raise Misconfigured(f"{what}: {error.strerror or error}: {where}") from error


def _exhausted(folder: Path, needed_bytes: int, what: str) -> Exhausted:
    return Exhausted(
        f"the disk is too full for {what}: {needed_bytes:,} bytes are needed at {folder}, and "
        f"{shutil.disk_usage(folder).free:,} are free; make room, or set [models] dir to another disk, "
        "then pull again",
        reason="DISK_FULL",
    )
