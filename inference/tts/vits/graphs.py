"""The graphs exported from a checkpoint, kept so that the next start needs no torch: 1 s instead of 8.

A folder of them is named by the hash of what they were made from, and holds their own hashes; one that is
incomplete or altered is made again. Its name does not tell of which model it is, so graphs that a newer
checkpoint or exporter replaced stay until somebody empties the cache.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from antiphon.errors import Misconfigured
from inference.tts.vits.network import Profile

# Raised when the exporter's output changes, so that graphs of an older version are not taken.
EXPORT_VERSION = 2
MANIFEST_FILE = "manifest.json"
LOCK_FILE = ".lock"
UNFINISHED = ".unfinished-"

Exporter = Callable[[Path], tuple[Profile, Mapping[str, Path]]]
Graphs = tuple[Profile, Mapping[str, Path]]

log = logging.getLogger(__name__)


def obtain(sources: list[Path], cache: Path, export: Exporter) -> Graphs:
    """Return the graphs made from the files `sources`, from `cache` where they are whole.

    `export` writes the graphs into the folder it is given, in one process at a time; another that needs
    them waits and takes what was made. Raise `Misconfigured` where the cache cannot be written.
    """
    folder = cache / _name(sources)
    found = read(folder)
    if found is not None:
        return found
    try:
        with _alone(cache):
            return read(folder) or _make(folder, export)
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


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Keep others from making graphs in `cache`; the lock ends with this process, however it ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another process makes a voice's graphs in %s; waiting for it", cache)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, export: Exporter) -> Graphs:
    """Have the graphs made; nobody else makes any meanwhile."""
    # Of whoever was killed in the midst of it, by SIGTERM for one: tens of MB each.
    for left in folder.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
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
