"""The benchmark of recognition, over clips made here and the simulated engine."""

from __future__ import annotations

import asyncio
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ops.bench import asr
from ops.bench.bench import Engines, Options
from ops.bench.progress import Progress
from tests.weights import weights


@pytest.mark.model
def test_runs_with_the_simulated_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights("silero-vad")
    monkeypatch.setenv("ANTIPHON_SUPERVISOR__MAIN", sys.executable)
    monkeypatch.setenv("ANTIPHON_ASR__END_OF_TURN", "")
    noise = np.random.default_rng(0).normal(0, 0.001, 8_000)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000)
    rows = ["file\tseconds\ttranscript\tlanguage\tcondition"]
    rows += ["noise.wav\t0.5\t\tnone\tnoise", "noise.wav\t0.5\thello\ten\tlost"]
    (tmp_path / "manifest.tsv").write_text("\n".join(rows) + "\n")
    options = Options(tmp_path, Engines.SIMULATED, progress=Progress(StringIO()))
    result = asyncio.run(asr.run(options))
    assert result.figures["noise_silent_share"] == 1
    assert result.figures["wer"] == 100
    assert "wer_batch" not in result.figures
    assert result.context["settings"]["engine"] == "simulated"
    assert result.context["clips_in_real_time"] == 1
