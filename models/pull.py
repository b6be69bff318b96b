"""Brings models into the store, or mends them there."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from antiphon.errors import Misconfigured
from models import disk
from models.catalogue import ConvertSource, Entry, WheelSource
from models.convert import converters
from models.installation import STAGING, Installation
from models.lock import exclusive
from models.progress import Progress
from models.sources.supply import PARTS, Supply
from models.store import State, Store


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
        with supply, exclusive(store.root, progress):
            return _pull(store, names, supply, progress, interpreters)


def _pull(
    store: Store,
    names: Sequence[str],
    supply: Supply,
    progress: Progress,
    interpreters: converters.Interpreters,
) -> list[str]:
    staging = store.root / STAGING
    # What a pull that was killed left behind.
    shutil.rmtree(staging, ignore_errors=True)
    work = plan(store, names, supply)
    disk.require(store.root, _needed_bytes(store.root, work), "the models to pull")
    try:
        for entry in work:
            Installation(store, entry, supply, progress, interpreters).run()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
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
