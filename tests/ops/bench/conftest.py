"""What more than one benchmark is tested on."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from ops.bench.bench import Engines, Options
from ops.bench.progress import Progress
from tests.speech import SPEECH, recording
from tests.weights import weights

NAME = "3005-163389-0001.wav"
ROW = {
    "file": NAME,
    "seconds": "5.4",
    "transcript": "some sung out",
    "language": "en",
    "kind": "turn",
    "speaker": "a",
}


@pytest.fixture
def one_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """Options for a benchmark of calls: simulated engines, and one human question as its data."""
    weights("silero-vad")
    monkeypatch.setenv("ANTIPHON_SUPERVISOR__MAIN", sys.executable)
    monkeypatch.setenv("ANTIPHON_ASR__END_OF_TURN", "")
    (tmp_path / NAME).symlink_to(recording(SPEECH, f"librispeech_test_other/{NAME}").resolve())
    rows = ["\t".join(ROW), "\t".join(ROW.values())]
    (tmp_path / "manifest.tsv").write_text("\n".join(rows) + "\n")
    return Options(tmp_path, Engines.SIMULATED, progress=Progress(StringIO()))
