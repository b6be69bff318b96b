"""Copies weights from a folder of this machine; they are verified like all others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from antiphon.errors import NotFound
from models import disk
from models.catalogue import File
from models.progress import Progress


def copy_files(folder: Path, files: Sequence[File], into: Path, progress: Progress) -> None:
    """Copy `files` from `folder` to `into`; raise `NotFound` that names one which is not there.

    Copied, not linked: what is then done to the folder must not reach the store.
    """
    for file in files:
        source = next(
            (path for path in (folder / file.path, folder / file.at_source) if path.is_file()), None
        )
        if source is None:
            raise NotFound(f"there is no {folder / file.path}")
        target = into / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target, progress)


def _copy(source: Path, target: Path, progress: Progress) -> None:
    progress.start(str(source), source.stat().st_size)
    with source.open("rb") as read, target.open("wb") as write:
        while chunk := read.read(disk.MIB):
            write.write(chunk)
            progress.advance(len(chunk))
