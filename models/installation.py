"""One model on its way into the store: put together beside it, verified there, and moved in whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from antiphon.errors import AntiphonError, Misconfigured
from models import disk
from models.catalogue import ConvertSource, Entry
from models.convert import converters
from models.convert.record import Conversion
from models.pins import Pin, pin_of
from models.progress import Progress
from models.seen import Seen
from models.site_pins import SitePins, read_site_pins, write_site_pins
from models.sources.supply import Supply
from models.store import State, Store

STAGING = ".staging"


class Installation:
    """Fetches or converts one model; whoever makes it holds the store's lock and clears the staging."""

    def __init__(
        self,
        store: Store,
        entry: Entry,
        supply: Supply,
        progress: Progress,
        interpreters: converters.Interpreters,
    ) -> None:
        self._store = store
        self._entry = entry
        self._supply = supply
        self._progress = progress
        self._interpreters = interpreters
        self._final = store.folder(entry.name)
        self._staging = store.root / STAGING / entry.name

    def run(self) -> None:
        """Put the model together in the staging folder, verify it there, and move it into place."""
        self._staging.mkdir(parents=True)
        with disk.guarded(
            self._store.root, self._entry.disk_mib * disk.MIB, f"the model {self._entry.name}"
        ):
            if self._supply.offers(self._entry):
                self._fetch()
            else:
                self._convert()
            # First, since what changes a file after it was verified makes `Store.path` read it again.
            _settle(self._staging)
            self._verify()
            self._move()

    def _fetch(self) -> None:
        faults = self._tell_faults("fetching it again")
        wanted = []
        for file in self._entry.files:
            present = self._final / file.path
            if self._final.is_dir() and file.path not in faults and "" not in faults:
                target = self._staging / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(present, target)
            else:
                wanted.append(file)
        known = read_site_pins(self._store.root, self._entry.name)
        if known.asked != self._entry.source.describe():
            known = SitePins()
        revision = self._supply.fetch(self._entry, wanted, self._staging, known.revision)
        self._pin(known, revision)

    def _pin(self, known: SitePins, revision: str) -> None:
        """Record the hash of each file that neither the catalogue nor an earlier pull has pinned."""
        if self._entry.pinned or isinstance(self._entry.source, ConvertSource):
            return
        files: dict[str, Pin] = {}
        for file in self._entry.files:
            if file.sha256 is None:
                files[file.path] = known.files.get(file.path) or pin_of(self._staging / file.path)
        write_site_pins(
            self._store.root,
            self._entry.name,
            SitePins(revision, self._entry.source.describe(), files),
        )

    def _convert(self) -> None:
        source = self._entry.source
        assert isinstance(source, ConvertSource)
        self._tell_faults("making it again")
        self._progress.start(f"{self._entry.name} from {source.from_}", None)
        inputs = self._store.hashes(source.from_)
        try:
            converters.run(
                source.with_, self._store.folder(source.from_), self._staging, self._interpreters
            )
        except AntiphonError:
            # The program's last line may say anything of a full disk.
            disk.require(
                self._staging, self._entry.disk_mib * disk.MIB, f"the model {self._entry.name}"
            )
            raise
        outputs = {file.path: pin_of(self._staging / file.path) for file in self._entry.files}
        version = converters.converter(source.with_).version
        Conversion(source.with_, version, inputs, outputs).write(self._staging)

    def _tell_faults(self, remedy: str) -> dict[str, str]:
        """Name what is wrong with what the store has, and return it by file."""
        report = self._store.inspect(self._entry.name)
        for fault in report.faults.values():
            self._progress.note(f"{fault}; {remedy}")
        return dict(report.faults)

    def _verify(self) -> None:
        seen = Seen(self._store.root, self._entry.name)
        report = self._store.inspect_folder(self._entry, self._staging, seen)
        if report.state is not State.READY:
            fault = next(iter(report.faults.values()))
            raise Misconfigured(
                f"what was pulled for {self._entry.name!r} is not what the catalogue says: {fault}",
                reason="MODEL_CORRUPT",
            )

    def _move(self) -> None:
        """Swap the new folder in; between the two renames the model is absent, which the next pull mends."""
        old = self._staging.with_name(f"{self._entry.name}.old")
        if self._final.exists():
            self._final.rename(old)
        self._staging.rename(self._final)
        shutil.rmtree(old, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Have every byte on the disk before the folder gets its name; readable for the services' user."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            path.chmod(0o644)
            with path.open("rb") as file:
                os.fsync(file.fileno())
