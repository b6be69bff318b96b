"""The store: one folder a model, holding exactly what the catalogue says, or refused by name.

DIR/NAME/                a model's files (and `conversion.json`, where it was made here)
DIR/.seen/NAME.json      what each file hashed to when it was last read whole
DIR/.site-pins/NAME.json hashes of files that the catalogue does not pin
DIR/.parts/  .staging/   downloads that can go on, and models being put together
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from antiphon.errors import Misconfigured
from models.catalogue import Catalogue, ConvertSource, Entry, load_catalogue
from models.convert.converters import converter
from models.convert.record import Conversion, read_conversion
from models.pins import Pin
from models.seen import Seen
from models.settings import ModelsSettings
from models.site_pins import read_site_pins


class State(StrEnum):
    """What the store has of a model."""

    ABSENT = "absent"
    READY = "ready"
    DAMAGED = "damaged"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Report:
    """The state of one model, and what is wrong with it in words: by file, or under "" for all of it."""

    state: State
    faults: Mapping[str, str]


class Store:
    """Reads the store; `models.pull` is what writes it."""

    def __init__(self, root: Path, catalogue: Catalogue | None = None) -> None:
        self.root = root
        self.catalogue = catalogue or load_catalogue()

    def path(self, name: str) -> Path:
        """Return the folder of the model `name`, its files what they must be.

        A file is read whole only if it was not since it last changed: 0.5 s a GB once, then nothing. Raises
        `Misconfigured` that names the file that is wrong, and the command that mends it.
        """
        report = self.inspect(name)
        if report.state is State.READY:
            return self.folder(name)
        mend = f"run `antiphon models pull {name}`"
        if report.state is State.ABSENT:
            raise Misconfigured(
                f"model {name!r} is not in {self.root}: {mend}", reason="MODEL_ABSENT"
            )
        fault = next(iter(report.faults.values()))
        raise Misconfigured(
            f"model {name!r} cannot be used: {fault}; {mend}", reason="MODEL_CORRUPT"
        )

    def state(self, name: str) -> State:
        """Return what the store has of the model `name`."""
        return self.inspect(name).state

    def verify(self, name: str) -> Report:
        """Read every file of the model whole, whether it seems to have changed or not, and report."""
        seen = Seen(self.root, name)
        seen.forget()
        return self.inspect_folder(self.catalogue.entry(name), self.folder(name), seen)

    def inspect(self, name: str) -> Report:
        """Report the state of the model `name`, reading whole those files only that have changed."""
        return self.inspect_folder(
            self.catalogue.entry(name), self.folder(name), Seen(self.root, name)
        )

    def inspect_folder(self, entry: Entry, folder: Path, seen: Seen) -> Report:
        """Report on files of `entry` that lie in `folder`, which need not be where the store keeps them."""
        if not folder.is_dir():
            return Report(State.ABSENT, {})
        pins = read_site_pins(self.root, entry.name)
        recorded: Mapping[str, Pin] = pins.files
        if recorded and pins.asked != entry.source.describe():
            return Report(
                State.OUTDATED,
                {"": f"{folder} is from {pins.asked}, not {entry.source.describe()}"},
            )
        if isinstance(entry.source, ConvertSource):
            record = read_conversion(folder)
            if record is None:
                return Report(
                    State.DAMAGED, {"": f"{folder}/conversion.json is missing or cannot be read"}
                )
            if old := self._why_outdated(entry.source, record):
                return Report(State.OUTDATED, {"": f"{folder} {old}"})
            recorded = record.outputs
        faults = _faults(entry, folder, recorded, seen)
        return Report(State.DAMAGED if faults else State.READY, faults)

    def folder(self, name: str) -> Path:
        """Return where the model `name` is, or would be."""
        return self.root / name

    def revision(self, name: str) -> str:
        """Return what tells these weights from others of that name: 12 hex digits over their hashes."""
        hashes = "".join(f"{path}={sha256}\n" for path, sha256 in sorted(self.hashes(name).items()))
        return hashlib.sha256(hashes.encode()).hexdigest()[:12]

    def hashes(self, name: str) -> dict[str, str]:
        """Return the SHA-256 of each file of the model `name`; raise as `path` does where it is not ready."""
        folder = self.path(name)
        seen = Seen(self.root, name)
        return {
            file.path: seen.pin(folder, file.path).sha256
            for file in self.catalogue.entry(name).files
        }

    def _why_outdated(self, source: ConvertSource, record: Conversion) -> str | None:
        version = converter(source.with_).version
        if (record.converter, record.version) != (source.with_, version):
            return f"was made by {record.converter} {record.version}, and {source.with_} {version} is current"
        inputs = {file.path: file.sha256 for file in self.catalogue.entry(source.from_).files}
        if made := read_conversion(self.folder(source.from_)):
            inputs |= {path: pin.sha256 for path, pin in made.outputs.items()}
        for path, sha256 in inputs.items():
            if sha256 and record.inputs.get(path) != sha256:
                return f"was made from another {path} than {source.from_} has"
        return None


def open_store(settings: ModelsSettings) -> Store:
    """Return the store that the table [models] describes; nothing is read but the catalogue."""
    return Store(settings.dir, load_catalogue(settings.catalogue))


def _faults(entry: Entry, folder: Path, recorded: Mapping[str, Pin], seen: Seen) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in entry.files:
        pin = recorded.get(file.path)
        sha256 = file.sha256 or (pin.sha256 if pin else None)
        size_bytes = file.size_bytes or (pin.size_bytes if pin else None)
        wrong = (
            seen.fault(folder, file.path, sha256, size_bytes)
            if sha256
            else "has no hash that it must have"
        )
        if wrong:
            found[file.path] = f"{folder / file.path} {wrong}"
    seen.save()
    return found
