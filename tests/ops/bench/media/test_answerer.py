"""The answering process's own work, in this one."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ops.bench.media import answerer
from ops.bench.media.answering import Calls
from ops.bench.media.callers import Callers
from tests.ops.bench.media.test_answering import PAYLOADS, SPEECH


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    path = tmp_path / "speech.wav"
    soundfile.write(path, SPEECH.astype(np.int16), 24_000)
    return path


@pytest.mark.parametrize("kind", ["ours", "stock"])
def test_it_answers_an_offer_and_measures(kind: str) -> None:
    async def main() -> None:
        calls, callers = Calls(SPEECH), Callers(PAYLOADS)

        async def answer(offer: str) -> str:
            return str((await answerer.obey(calls, kind, {"offer": offer}))["answer"])

        await callers.call(answer)
        told = await answerer.obey(calls, kind, {"measure": 0.5})
        assert told["frames_per_s"] > 0
        assert told["lag_ms"]["p99"] >= told["lag_ms"]["p50"] >= 0
        assert told["cpu_share"] > 0
        await callers.close()
        await calls.close()

    asyncio.run(main())


def test_it_reads_orders_from_a_pipe_until_that_ends(
    speech: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps({"measure": 0.05}).encode() + b"\n")
    os.close(writing)
    cores = os.sched_getaffinity(0)
    try:
        with os.fdopen(reading) as orders:
            monkeypatch.setattr("sys.stdin", orders)
            asyncio.run(answerer.main("ours", str(min(cores)), str(speech)))
        assert os.sched_getaffinity(0) == {min(cores)}
    finally:
        os.sched_setaffinity(0, cores)
    assert json.loads(capfd.readouterr().out)["frames_per_s"] == 0
