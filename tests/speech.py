"""Recordings of people, for the tests that need a human voice, and how what is heard is compared.

No test asks for a model's exact words: they differ by the processor's numerics.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.bench.hearing.word_errors import count, rate

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


def wrong_percent(reference: str, text: str) -> float:
    """Return the word error rate of `text`, in English."""
    found = rate([count(reference, text)])
    assert found is not None, "the reference has no words"
    return found
