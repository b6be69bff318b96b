"""The benchmark of peers: how it climbs, over made-up loads, and a small run with real ones."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from antiphon.errors import Unavailable
from ops.bench import peers
from ops.bench.bench import Options
from ops.bench.peers import MAX_LAG_MS, MIN_FRAMES_SHARE, STEP, Load
from ops.bench.progress import Progress
from tests.ops.bench.media.test_answering import SPEECH

SILENT = Progress(io.StringIO())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "a.wav", SPEECH.astype(np.int16), 24_000)
    (tmp_path / "manifest.tsv").write_text("file\tseconds\ttranscript\na.wav\t1.0\thello\n")
    return tmp_path


def test_both_kinds_are_measured_and_the_cores_given_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "SETTLE_S", 0.0)
    monkeypatch.setattr(peers, "MEASURE_S", 0.5)
    monkeypatch.setattr(peers, "TRIES", 1)
    cores = os.sched_getaffinity(0)
    result = asyncio.run(peers.run(Options(folder, limit=1, progress=SILENT)))
    assert os.sched_getaffinity(0) == cores
    assert set(result.figures["per_core"]) == {"ours", "stock"}
    assert all(found in (0, 1) for found in result.figures["per_core"].values())
    assert set(result.figures["lag_p99_ms"]["ours"]) == {1}
    assert result.context["cpu_share"]["stock"][1]["answering"] > 0


@pytest.mark.parametrize(
    ("lag_ms", "frames_share", "carried"),
    [
        (MAX_LAG_MS - 0.1, 1.0, True),
        (MAX_LAG_MS, 1.0, False),
        (1.0, MIN_FRAMES_SHARE - 0.01, False),
    ],
)
def test_calls_are_carried_in_time_and_whole(
    lag_ms: float, frames_share: float, carried: bool
) -> None:
    assert Load(5, lag_ms, frames_share, 0.5, 0.5).carried is carried


class Climb:
    """A core that carries `most` calls; the first measure of each load may hiccup."""

    def __init__(self, most: int, *, hiccups: bool = False) -> None:
        self.most = most
        self.calls = 0
        self.measures = 0
        self._hiccups = hiccups

    def __len__(self) -> int:
        return self.calls

    async def call(self, answer: Any) -> None:
        self.calls += 1

    async def close(self) -> None:
        self.calls = 0

    async def order(self, **_: Any) -> dict[str, Any]:
        self.measures += 1
        late = self.calls > self.most or (self._hiccups and self.measures % 2)
        return {
            "lag_ms": {"p50": 1.0, "p99": 50.0 if late else 5.0},
            "frames_per_s": 50.0 * self.calls,
            "cpu_share": 0.5,
        }

    async def answer(self, offer: str) -> str:
        return offer


@pytest.mark.parametrize(("most", "hiccups"), [(12, False), (12, True), (0, False)])
def test_calls_are_added_up_to_the_first_load_that_is_too_much(
    most: int, hiccups: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    climb = Climb(most, hiccups=hiccups)
    monkeypatch.setattr(peers, "SETTLE_S", 0.0)
    monkeypatch.setattr(peers, "Callers", lambda payloads: climb)
    loads = asyncio.run(peers.climb(climb, [], Options(progress=SILENT)))  # type: ignore[arg-type]
    expected = [STEP * n for n in range(1, most // STEP + 2)]
    assert [load.peers for load in loads] == expected
    assert [load.carried for load in loads] == [n <= most for n in expected]
    assert climb.calls == 0


def test_an_answering_process_that_has_ended_is_told(folder: Path) -> None:
    async def main() -> None:
        async with peers.answering("ours", min(os.sched_getaffinity(0)), folder / "none") as found:
            with pytest.raises(Unavailable, match="has ended"):
                await found.order(measure=1)

    asyncio.run(main())


def test_it_is_the_benchmark_of_the_registry() -> None:
    assert peers.BENCH.run is peers.run
