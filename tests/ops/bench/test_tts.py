"""The benchmark of the voice: its figures from samples, and a run over the simulated engine."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from antiphon.timing import Timing
from inference.asr.engine import Hypothesis, Speech, Word
from ops.bench import tts
from ops.bench.bench import Engines, Options
from ops.bench.progress import Progress
from ops.bench.voice.spoken import Spoken

SILENT = Progress(io.StringIO())
AUDIO_MS = 1000


class Coqui:
    """Takes ten times as long for ten times the words."""

    async def speak_ms(self, text: str) -> float:
        return 40.0 * len(text.split())

    async def seam_db(self, text: str) -> float:
        return 118.0 - len(text.split())


class Ears:
    """Hears each word 80 ms early, but the last not at all."""

    def __init__(self, *_: Any) -> None: ...

    def decode(self, speech: Speech) -> Hypothesis:
        assert speech.word_times and speech.language == "en"
        words = ["one", "two"]
        times = tuple(Word(word, i * 500 - 80.0, 0, 1) for i, word in enumerate(words))
        return Hypothesis("", "en", times)


async def spoken(_: Any, text: str, format_: Any = None) -> Spoken:
    words = (("One", 0.0), ("two,", 500.0), ("three", 900.0))
    first_ms = 100.0 if len(text.split()) == 60 else 80.0
    return Spoken(np.zeros(16 * AUDIO_MS, np.int16), words, first_ms, Timing(1, 60, 70))


def test_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[tuple[str, ...]] = []
    settings = SimpleNamespace(
        models=None,
        tts=SimpleNamespace(model="a-voice", runtime="onnxruntime", threads=1),
        supervisor=SimpleNamespace(tts=Path("python")),
    )

    @asynccontextmanager
    async def running(*names: str) -> AsyncIterator[Any]:
        started.append(names)
        yield type("Services", (dict,), {"settings": settings})(tts=f"unix:{tmp_path}/none.sock")

    @asynccontextmanager
    async def reference(python: Path, voice: Path) -> AsyncIterator[Coqui]:
        yield Coqui()

    monkeypatch.setattr(tts, "running", running)
    monkeypatch.setattr(tts, "reference", reference)
    monkeypatch.setattr(tts, "speak", spoken)
    monkeypatch.setattr(tts, "Whisper", Ears)
    monkeypatch.setattr(tts, "_store", lambda _: SimpleNamespace(path=Path))
    result = asyncio.run(tts.run(Options(limit=2, progress=SILENT)))
    figures = result.figures
    assert started == [("tts",)]
    assert figures["first_audio_ratio"] == {5: 0.4, 10: 0.2, 25: 0.08, 60: 0.042}
    assert figures["first_audio_60_over_10"] == 1.25
    assert figures["first_audio_ms"][5]["p50"] == 80
    assert figures["reference_ms"][10]["p50"] == 400
    assert figures["compute_s_per_audio_s"] == 0.06
    assert figures["seam_snr_db"] == 58
    assert figures["word_error_ms"]["p50"] == 80
    assert figures["word_lead_ms"] == 80
    assert figures["words_heard_share"] == 0.667
    assert result.context["rounds"] == 2
    assert result.context["voice"] == "a-voice"


def test_the_simulated_engine_is_measured_alone_and_says_so() -> None:
    options = Options(engines=Engines.SIMULATED, limit=1, progress=SILENT)
    result = asyncio.run(tts.run(options))
    assert result.context["simulated"] is True
    assert set(result.figures) == {"first_audio_ms"}
    assert result.figures["first_audio_ms"][60]["p50"] > 0


def test_where_models_are(tmp_path: Path) -> None:
    from models.settings import ModelsSettings

    assert tts._store(ModelsSettings(dir=tmp_path)).root == tmp_path
