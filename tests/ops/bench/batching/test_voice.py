"""What is spoken alone, at once and beside, over a voice that does nothing but count."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import numpy as np
import pytest

from ops.bench.batching import loads, voice
from ops.bench.batching.loads import STREAMS
from ops.bench.bench import Options
from ops.bench.progress import Progress
from ops.bench.voice.spoken import Spoken
from ops.bench.voice.texts import TEXTS
from tests.virtual_time import run_virtual


class Voice:
    """Takes 10 ms a word, and 5 ms for each other call to the first audio."""

    def __init__(self) -> None:
        self.speaking = 0
        self.most: dict[int, int] = {}  # calls at once, by words

    async def speak(self, _: Any, text: str, format_: Any = None) -> Spoken:
        words = len(text.split())
        self.speaking += 1
        self.most[words] = max(self.most.get(words, 0), self.speaking)
        others = self.speaking - 1
        try:
            await asyncio.sleep(0.01 * words)
        finally:
            self.speaking -= 1
        return Spoken(np.zeros(16_000, np.int16), (), 100.0 + 50.0 * others, None)


def test_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Voice()
    monkeypatch.setattr(voice, "speak", counted.speak)
    monkeypatch.setattr(loads, "LEAD_S", 0.1)
    options = Options(progress=Progress(io.StringIO()))
    speaking: list[int] = []

    def cpu_s() -> float:
        speaking.append(counted.speaking)
        return 0.0

    throughput, delays = run_virtual(voice.measure(None, 2, options, cpu_s))  # type: ignore[arg-type]
    assert speaking == [0] * 4  # before each round, until two are the same
    assert len(throughput.alone) == len(throughput.together) == 2
    assert throughput.ratio == pytest.approx(STREAMS, rel=0.1)
    assert delays.alone == [100.0] * 2 * voice.SHORTS
    assert delays.beside == [100.0 + 50.0 * (STREAMS - 1)] * 2 * voice.SHORTS
    assert max(counted.most.values()) == STREAMS
    assert counted.speaking == 0


def test_texts_in_turn() -> None:
    assert voice.texts(5, 4) == [*TEXTS[5], TEXTS[5][0]]
    assert all(len(text.split()) in (24, 25, 26) for text in voice.texts(voice.WORDS, 3))
