"""The pauses of a data folder: `pauses.tsv` beside its manifest."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from antiphon.errors import InvalidInput, NotFound

PAUSES = "pauses.tsv"
NEEDED_COLUMNS = (
    *("file", "kind", "uncertain", "pause_start_s", "pause_end_s", "turn_start_s"),
    *("speaker", "style"),
)
PHONE_STYLES = frozenset({"dual-channel phone", "spoken coffee order (crowd-sourced)"})


class Kind(StrEnum):
    """Where a pause is: within a sentence, between two of one speaker, after the turn."""

    INSIDE = "inside"
    SENTENCE = "sentence"
    END = "end"


@dataclass(frozen=True, slots=True)
class Row:
    """One pause, labelled offline; times in ms from the start of its turn at `turn_start_s`."""

    file: str
    turn_start_s: float
    start_ms: float
    end_ms: float
    kind: Kind
    speaker: str
    style: str

    @property
    def is_phone(self) -> bool:
        """Whether it is of a call with a channel for each side, or of an order by voice."""
        return self.style in PHONE_STYLES


def load_rows(folder: Path) -> list[Row]:
    """Return the pauses whose labels are certain; raise an `AntiphonError` that says what is amiss."""
    path = folder / PAUSES
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"no {PAUSES} in {folder}: give a data folder with --data DIR") from None
    certain = [
        _row(path, number, row) for number, row in enumerate(rows, 2) if row.get("uncertain") == "0"
    ]
    if not certain:
        raise InvalidInput(f"{path} lists no pauses with `uncertain` 0")
    return certain


def _row(path: Path, number: int, row: dict[str, str]) -> Row:
    missing = [column for column in NEEDED_COLUMNS if row.get(column) is None]
    if missing:
        raise InvalidInput(f"{path} line {number} has no column {missing[0]!r}")
    try:
        start_s, end_s, turn_s = (
            float(row[name]) for name in ("pause_start_s", "pause_end_s", "turn_start_s")
        )
        kind = Kind(row["kind"])
    except ValueError as error:
        raise InvalidInput(f"{path} line {number}: {error}") from None
    start_ms, end_ms = (start_s - turn_s) * 1000, (end_s - turn_s) * 1000
    return Row(row["file"], turn_s, start_ms, end_ms, kind, row["speaker"], row["style"])
