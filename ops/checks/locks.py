"""The locks: every package pinned with hashes, and nothing in them of the machine that wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ops.checks.outcome import Outcome, verdict
from ops.settings import REPOSITORY

FOLDER = REPOSITORY / "ops/locks"
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==\S+")
# An index, a folder, or a file that only this machine has.
FOREIGN = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|://|\s/\S|=/\S")


def check() -> Outcome:
    """Read every lock and the list that it was made from."""
    return verdict([fault for lock in sorted(FOLDER.rglob("*.in")) for fault in faults(lock)])


def faults(wanted: Path) -> Iterator[str]:
    """Yield what is wrong with the lock of the list `wanted` (NAME.in, locked in NAME.txt)."""
    lock = wanted.with_suffix(".txt")
    if not lock.exists():
        yield f"{wanted.name} has no lock {lock.name}: run ops/locks/compile.sh"
        return
    text = lock.read_text()
    for number, line in enumerate(text.splitlines(), start=1):
        if FOREIGN.search(line):
            yield f"{lock.name}:{number} names an index or a folder: {line.strip()}"
    pinned = {}
    for requirement in _requirements(text):
        found = PINNED.match(requirement)
        if found is None:
            yield f"{lock.name}: {requirement.split()[0]} is not pinned"
        elif "--hash=sha256:" not in requirement:
            yield f"{lock.name}: {found[1]} has no hash"
        else:
            pinned[_normal(found[1])] = requirement
    for name in sorted(_names(wanted) - pinned.keys()):
        yield f"{wanted.name} asks for {name}, which {lock.name} lacks: run ops/locks/compile.sh"


def _requirements(text: str) -> Iterator[str]:
    """Yield each requirement as one line."""
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def _names(wanted: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in wanted.read_text().splitlines())
    return {_normal(re.split(r"[^\w.-]", line)[0]) for line in lines if line and line[0] != "-"}


def _normal(name: str) -> str:
    """Return a package's name as PyPA's name normalisation has it."""
    return re.sub(r"[-_.]+", "-", name).lower()
