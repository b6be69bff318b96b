"""A data folder: sound files and a `manifest.tsv` that says what each of them holds."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from antiphon.audio import RECOGNITION_RATE_HZ, Int16, resample
from antiphon.errors import InvalidInput, NotFound
from ops.settings import REPOSITORY
from ops.sound import read_speech

MANIFEST = "manifest.tsv"
NEEDED_COLUMNS = ("file", "seconds", "transcript")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the manifest; `row` has every column as it is written there."""

    path: Path
    seconds: float
    transcript: str
    row: Mapping[str, str]

    @property
    def name(self) -> str:
        """The file's name as the manifest has it."""
        return self.row["file"]

    @property
    def language(self) -> str:
        """ISO 639-1; English where the manifest does not say."""
        return self.row.get("language") or "en"

    @property
    def condition(self) -> str:
        """How it was recorded, or which kind of clip it is."""
        return self.row.get("condition") or self.row.get("kind") or ""

    def read(self, rate_hz: int = RECOGNITION_RATE_HZ) -> Int16:
        """Return the samples at `rate_hz`."""
        samples, own_hz = read_speech(self.path)
        return resample(samples, own_hz, rate_hz)


def default_folder(name: str) -> Path:
    """Return where clips are unless `--data` says: $ANTIPHON_NAME, else ../shared/NAME."""
    given = os.environ.get(f"ANTIPHON_{name.upper()}")
    return Path(given) if given else REPOSITORY.parent / "shared" / name


def load_clips(folder: Path) -> list[Clip]:
    """Return the clips of a data folder; raise `NotFound` or `InvalidInput` that says what is amiss."""
    manifest = folder / MANIFEST
    try:
        with manifest.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"no {MANIFEST} in {folder}: give a data folder with --data DIR") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{manifest} is not UTF-8 text") from None
    if not rows:
        raise InvalidInput(f"{manifest} lists no clips")
    return [_clip(folder, manifest, number, row) for number, row in enumerate(rows, start=2)]


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """Return at most `limit` items, evenly spread so that every condition keeps its share."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def _clip(folder: Path, manifest: Path, number: int, row: Mapping[str, str]) -> Clip:
    missing = [column for column in NEEDED_COLUMNS if row.get(column) is None]
    if missing:
        raise InvalidInput(f"{manifest} line {number} has no column {missing[0]!r}")
    try:
        seconds = float(row["seconds"])
    except ValueError:
        raise InvalidInput(
            f"{manifest} line {number}: seconds is {row['seconds']!r}, not a number"
        ) from None
    path = folder / row["file"]
    if not path.is_file():
        raise NotFound(f"{manifest} line {number} names {path}, which does not exist")
    return Clip(path, seconds, row["transcript"], row)
