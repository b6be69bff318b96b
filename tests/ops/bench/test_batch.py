"""The benchmark of many callers, over simulated engines."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ops.bench import batch
from ops.bench.batching import recognition
from ops.bench.bench import Engines, Options

RATIOS = [
    "asr_throughput_ratio",
    "short_p95_ratio",
    "short_p95_ratio_beside_files",
    "tts_throughput_ratio",
    "tts_first_audio_ratio",
    "tts_first_audio_p95_ratio",
]


@pytest.mark.model
def test_runs_with_simulated_engines(
    one_question: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "LONG_S", (4.0, 6.0))  # they are spoken in real time
    result = asyncio.run(batch.run(replace(one_question, limit=1)))
    figures, context = result.figures, result.context
    assert list(figures)[: len(RATIOS)] == RATIOS
    assert all(figures[name] > 0 for name in RATIOS)
    assert set(figures["tts_audio_s_per_s"]) == set(figures["asr_audio_s_per_s"]) == {"1", "8"}
    assert set(figures["short_final_ms"]) == {"alone", "beside", "beside_files"}
    assert all(of["p95"] > 0 for of in figures["short_final_ms"].values())
    assert figures["tts_first_audio_ms"]["alone"]["p50"] > 0
    assert context["simulated"] is True
    assert context["rounds"] == 1
    assert context["recognition"]["engine"] == context["voice"]["engine"] == "simulated"
    assert context["recognition"]["without_a_hush"].keys() == {"short", "usual"}
    finals = context["recognition"]["short_finals"]
    assert finals["alone"] == finals["beside_files"] == 10
    # So fast an engine has heard a long one before a short one is over.
    assert 1 <= finals["of_which_outlasting_the_long"] <= finals["beside"] <= 10
    assert len(context["recognition"]["long_s"]) == 7


def test_real_engines_are_the_default() -> None:
    assert batch.BENCH.run is batch.run
    assert batch.BENCH.engines is Engines.REAL
    assert batch._tables(Options()) == {}
    assert batch._tables(Options(engines=Engines.SIMULATED)) == {"engine": "simulated"}


def test_settings_are_shown() -> None:
    assert batch._shown(SimpleNamespace(a=1, b=2), ("b",)) == {"b": 2}
