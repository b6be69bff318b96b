"""Where recordings of people are, for the tests that need a human voice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SPEECH = Path(os.environ.get("ANTIPHON_SPEECH") or REPOSITORY / "../shared/speech")
TURNS = Path(os.environ.get("ANTIPHON_TURNS") or REPOSITORY / "../shared/turns")


def recording(folder: Path, name: str) -> Path:
    """Return a recording; skip the test where there is none."""
    path = folder / name
    if not path.is_file():
        variable = "ANTIPHON_TURNS" if folder == TURNS else "ANTIPHON_SPEECH"
        pytest.skip(f"no recording at {path}; set ${variable} to a folder of human speech")
    return path
