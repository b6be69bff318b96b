"""Small models, wheels and catalogues for tests, and a progress that remembers."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models.catalogue import Catalogue, Entry
from models.settings import ModelsSettings
from models.store import State, open_store


class Notes:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int | None, int]] = []
        self.notes: list[str] = []
        self.advanced_bytes = 0

    def start(self, what: str, total_bytes: int | None, done_bytes: int = 0) -> None:
        self.started.append((what, total_bytes, done_bytes))

    def advance(self, count_bytes: int) -> None:
        self.advanced_bytes += count_bytes

    def note(self, line: str) -> None:
        self.notes.append(line)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file(path: str, data: bytes | None = None, **more: Any) -> dict[str, Any]:
    """Return a file of a catalogue entry, pinned where `data` is given."""
    pin = {} if data is None else {"sha256": sha256(data), "size_bytes": len(data)}
    return {"path": path, **pin, **more}


def entry(name: str, source: dict[str, Any], *files: dict[str, Any], **more: Any) -> Entry:
    """Return a catalogue entry."""
    return Entry.model_validate(
        {
            "name": name,
            "role": "llm",
            "profiles": ["cpu"],
            "licence": "MIT",
            "allows": "everything",
            "disk_mib": 1,
            "memory_mib": {},
            "source": source,
            "files": files,
            **more,
        }
    )


def catalogue(*entries: Entry) -> Catalogue:
    """Return a catalogue of `entries`."""
    return Catalogue({one.name: one for one in entries})


def wheel(members: Mapping[str, bytes]) -> bytes:
    """Return a wheel that holds `members`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def wheel_source(name: str, data: bytes) -> dict[str, Any]:
    """Return the catalogue's source for one wheel, of the package and file called `name`."""
    package = {
        "package": name,
        "file": f"{name}-1.0-py3-none-any.whl",
        "sha256": sha256(data),
        "size_bytes": len(data),
    }
    return {"kind": "wheel", "wheels": [package]}


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def real_model(name: str) -> Path:
    """Return the folder of a real model in this machine's store; skip the test where it is not ready."""
    store = open_store(ModelsSettings())
    if store.state(name) is not State.READY:
        pytest.skip(f"model {name} is not in {store.root}: run `antiphon models pull {name}`")
    return store.folder(name)
