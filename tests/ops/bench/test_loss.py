"""The benchmark of a lossy network, over a clip made here and the simulated engine."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ops.bench import loss
from ops.bench.bench import Engines, Options
from ops.bench.progress import Progress
from tests.server.webrtc.sound import glide, samples
from tests.weights import weights


@pytest.mark.model
def test_runs_with_the_simulated_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights("silero-vad")
    monkeypatch.setenv("ANTIPHON_SUPERVISOR__MAIN", sys.executable)
    monkeypatch.setenv("ANTIPHON_ASR__END_OF_TURN", "")
    soundfile.write(tmp_path / "a.wav", samples(glide(1.0, 16_000)).astype(np.int16), 16_000)
    (tmp_path / "manifest.tsv").write_text("file\tseconds\ttranscript\na.wav\t1.0\thello\n")
    options = Options(tmp_path, Engines.SIMULATED, progress=Progress(io.StringIO()))
    result = asyncio.run(loss.run(options))
    ours, stock = result.figures["ours"], result.figures["stock"]
    assert ours["recovery_ms"] == 40
    assert stock["recovery_ms"] is None
    assert set(ours["by_loss"]) == {0, 1, 3, 5, 10}
    assert set(stock["by_burst_loss"]) == {1, 3, 5, 10}
    assert ours["by_loss"][10]["delay_ms"] < stock["by_loss"][0]["delay_ms"]
    assert {"wer", "delay_ms", "delay_p95_ms"} == set(ours["by_loss"][5])
    assert result.context["clips"] == ["a.wav"]


def test_both_paths_meet_each_loss_one_after_the_other() -> None:
    assert len(loss.CASES) == 18
    assert all(
        (one.group, one.loss) == (other.group, other.loss)
        for one, other in zip(loss.CASES[::2], loss.CASES[1::2], strict=True)
    )
