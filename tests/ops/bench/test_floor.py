"""The benchmark of endpointing, over two human recordings."""

from __future__ import annotations

import asyncio
from io import StringIO
from pathlib import Path

import pytest

from antiphon.errors import Unsupported
from ops.bench import floor
from ops.bench.bench import Engines, Options
from ops.bench.data import MANIFEST
from ops.bench.endpoints.rows import PAUSES
from ops.bench.progress import Progress
from tests.speech import TURNS, recording
from tests.weights import weights

SPOKEN = ("turn/s2i_77a26007.wav", "turn/mfa_surround.wav")


def some_of(name: str) -> str:
    """Return the heading and the lines about the recordings, of a file beside them."""
    heading, *lines = recording(TURNS, name).read_text().splitlines(keepends=True)
    return heading + "".join(line for line in lines if line.startswith(SPOKEN))


@pytest.mark.slow
@pytest.mark.model
def test_policies_are_measured_at_peoples_pauses(tmp_path: Path) -> None:
    for name in ("silero-vad", "smart-turn-v3.2", "whisper-base"):
        weights(name)
    (tmp_path / "turn").mkdir()
    for name in SPOKEN:
        (tmp_path / name).symlink_to(recording(TURNS, name).resolve())
    for name in (MANIFEST, PAUSES):
        (tmp_path / name).write_text(some_of(name))
    picture = tmp_path / "floor.png"
    options = Options(tmp_path, plot=picture, progress=Progress(StringIO()))
    result = asyncio.run(floor.run(options))
    policies = result.figures["policies"]
    # So few pauses may all be longer or shorter than both.
    assert policies["silence_400"]["cutoff_share"] >= policies["silence_1000"]["cutoff_share"]
    assert policies["silence_400"]["commit_ms"]["p50"] == pytest.approx(400, abs=100)
    assert {result.figures["default"], "default_held_out", "smart_turn_50_800"} <= policies.keys()
    assert result.context["rows"]["end"] == 2
    assert picture.exists()


def test_a_simulation_would_measure_nothing() -> None:
    with pytest.raises(Unsupported, match="real"):
        asyncio.run(floor.run(Options(engines=Engines.SIMULATED)))
