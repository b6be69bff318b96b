"""The graphs exported from a checkpoint, kept so that the next start needs no torch: 1 s instead of 8.

A folder of them is named by the hash of what they were made from, and holds their own hashes; one that is
incomplete or altered is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from antiphon.errors import Misconfigured
from inference.tts.vits.network import Profile

# Raised when the exporter's output changes, so that graphs of an older version are not taken.
EXPORT_VERSION = 2
MANIFEST_FILE = "manifest.json"

Exporter = Callable[[Path], tuple[Profile, Mapping[str, Path]]]
Graphs = tuple[Profile, Mapping[str, Path]]


def obtain(sources: list[Path], cache: Path, export: Exporter) -> Graphs:
    """Return the graphs made from the files `sources`, from `cache` where they are whole.

    `export` writes the graphs into the folder it is given; raise `Misconfigured` where the cache cannot
    be written.
    """
    folder = cache / _name(sources)
    found = read(folder)
    if found is not None:
        return found
    try:
        return _make(folder, export)
    except OSError as error:
        raise Misconfigured(
            f"cannot keep the voice's graphs in {cache}: {os.strerror(error.errno or 0)}; make room "
            'there, set XDG_CACHE_HOME to another folder, or set [tts] runtime = "torch"'
        ) from error


def read(folder: Path) -> Graphs | None:
    """Return the graphs in `folder`, or None where one is missing or not what was written."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text("utf-8"))
        files: dict[str, str] = manifest["files"]
        if any(_sha256(folder / name) != digest for name, digest in files.items()):
            return None
        values = {**manifest["profile"], "alphabet": tuple(manifest["profile"]["alphabet"])}
        return Profile(**values), {Path(name).stem: folder / name for name in files}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _make(folder: Path, export: Exporter) -> Graphs:
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder.parent))
    try:
        profile, paths = export(unfinished)
        files = {path.name: _sha256(path) for path in paths.values()}
        manifest = {"profile": asdict(profile), "files": files}
        (unfinished / MANIFEST_FILE).write_text(json.dumps(manifest), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return profile, {name: folder / path.name for name, path in paths.items()}


def _name(sources: list[Path]) -> str:
    digests = [str(EXPORT_VERSION), *(_sha256(path) for path in sources)]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:32]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
