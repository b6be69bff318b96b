"""`conversion.json` beside converted weights: what they were made from, by what, and what they hash to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from models.pins import Pin

FILE = "conversion.json"


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion that was run: input files by SHA-256, output files by pin."""

    converter: str
    version: int
    inputs: Mapping[str, str]
    outputs: Mapping[str, Pin]

    def write(self, folder: Path) -> None:
        """Write the record into `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")


def read_conversion(folder: Path) -> Conversion | None:
    """Return the record in `folder`, or None where there is none that can be read."""
    try:
        raw = json.loads((folder / FILE).read_text("utf-8"))
        outputs = {path: Pin(**pin) for path, pin in raw["outputs"].items()}
        return Conversion(raw["converter"], raw["version"], raw["inputs"], outputs)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
