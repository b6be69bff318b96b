"""Brings models into the store: fetched, verified and converted beside it, then moved into place whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from antiphon.errors import AntiphonError, Misconfigured
from models import disk
from models.catalogue import ConvertSource, Entry, WheelSource
from models.convert import converters
from models.convert.record import Conversion
from models.lock import exclusive
from models.pins import Pin, pin_of
from models.progress import Progress
from models.seen import Seen
from models.site_pins import SitePins, read_site_pins, write_site_pins
from models.sources.supply import Supply
from models.store import State, Store

STAGING = ".staging"
PARTS = ".parts"


def pull(
    store: Store,
    names: Sequence[str],
    supply: Supply,
    progress: Progress,
    interpreters: converters.Interpreters = converters.DEFAULT_INTERPRETERS,
) -> list[str]:
    """Make the named models ready, and what they are made from; return the names of what was not ready.

    Raises our errors: `Unavailable` and the like from a source, `Exhausted` on a full disk, `Misconfigured`
    for files that are not what they must be. The store then holds what it held before, and downloads go on
    next time.
    """
    with disk.guarded(store.root, 0, "the model store"):
        store.root.mkdir(parents=True, exist_ok=True)
        with exclusive(store.root, progress):
            shutil.rmtree(store.root / STAGING, ignore_errors=True)
            work = plan(store, names, supply)
            disk.require(store.root, _needed_bytes(store.root, work), "the models to pull")
            for entry in work:
                _Installation(store, entry, supply, progress, interpreters).run()
    return [entry.name for entry in work]


def plan(store: Store, names: Sequence[str], supply: Supply) -> list[Entry]:
    """Return what has to be brought or made, inputs first, each once; raise where the supply cannot."""
    work: dict[str, Entry] = {}
    for name in names:
        for entry in _plan_one(store, name, supply):
            work.setdefault(entry.name, entry)
    return list(work.values())


def _plan_one(store: Store, name: str, supply: Supply) -> list[Entry]:
    entry = store.catalogue.entry(name)
    if store.state(name) is State.READY:
        return []
    if supply.offers(entry):
        return [entry]
    if isinstance(entry.source, ConvertSource):
        return [*_plan_one(store, entry.source.from_, supply), entry]
    raise Misconfigured(f"the folder to pull from has no folder {name!r}")


def _needed_bytes(root: Path, work: Sequence[Entry]) -> int:
    """Room for all that is to come, one wheel while it is unpacked, less what has arrived already."""
    wheels = [
        wheel.size_bytes
        for e in work
        if isinstance(e.source, WheelSource)
        for wheel in e.source.wheels
    ]
    arrived = sum(path.stat().st_size for path in (root / PARTS).glob("*"))
    needed = sum(entry.disk_mib for entry in work) * disk.MIB + max(wheels, default=0)
    return max(0, needed - arrived)


class _Installation:
    """One model on its way into the store."""

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
        write_site_pins(self._store.root, self._entry.name, SitePins(revision, files))

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
