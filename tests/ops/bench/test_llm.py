"""The benchmark of the language model: its figures from samples, and a run over the simulated engine."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from antiphon.timing import Timing
from ops.bench import llm
from ops.bench.bench import Engines, Options
from ops.bench.language import load
from ops.bench.language.load import Pace
from ops.bench.language.served import Served
from ops.bench.progress import Progress

SILENT = Progress(io.StringIO())
KEYS = {"1", "2", "4", "8"}


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "LONGEST_PAUSE_S", 0.0)


async def served(_: Any, number: int, max_tokens: int = 11) -> Served:
    """Two milliseconds beside the engine; where all come at once, five."""
    late_ms = 5.0 if max_tokens == 2 else 2.0
    return Served(Pace(60.0 + late_ms, 160.0 + late_ms, 11), Timing(0, 160, 60))


def test_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[Any] = []
    settings = SimpleNamespace(
        models=None,
        llm=SimpleNamespace(model="a-model", threads=1),
        supervisor=SimpleNamespace(vllm=Path("python")),
    )

    class Services(dict[str, str]):
        def __init__(self) -> None:
            super().__init__(llm="unix:/tmp/nobody")
            self.settings = settings

    @asynccontextmanager
    async def running(*names: str, **tables: Any) -> AsyncIterator[Services]:
        started.append((names, tables))
        yield Services()
        started.append("stopped")

    async def alone(python: Path, folder: Path, threads: int, limit: int | None) -> Any:
        # vLLM fits the machine once: the service is gone by now.
        assert started[-1] == "stopped"
        assert (python, folder, threads, limit) == (Path("python"), tmp_path, 1, 3)
        return {"1": {"ttft_ms": 60.12345}}

    store = SimpleNamespace(path=lambda name: tmp_path)
    monkeypatch.setattr(llm, "running", running)
    monkeypatch.setattr(llm, "serve_one", served)
    monkeypatch.setattr(llm, "engine_alone", alone)
    monkeypatch.setattr(llm, "open_store", lambda settings: store)

    result = asyncio.run(llm.run(Options(limit=3, progress=SILENT)))
    assert started[0] == (("llm",), {"llm": {"engine": "vllm"}})
    figures = result.figures
    assert figures["ttft_overhead_ms"][8]["p50"] == pytest.approx(2)
    assert figures["itl_overhead_ms"][1]["p50"] == pytest.approx(0)
    assert figures["ttft_overhead_at_once_ms"][4]["p50"] == pytest.approx(5)
    assert figures["served"][2]["itl_ms"] == pytest.approx(10)
    assert figures["engine_alone"] == {"1": {"ttft_ms": 60.123}}
    assert result.context["requests"] == {1: 3, 2: 4, 4: 8, 8: 16}
    assert result.context["model"] == "a-model"


def test_over_the_simulated_engine() -> None:
    options = Options(engines=Engines.SIMULATED, limit=2, progress=SILENT)
    result = asyncio.run(llm.run(options))
    assert result.context["simulated"] is True
    for name in ("ttft_overhead_ms", "itl_overhead_ms", "ttft_overhead_at_once_ms", "served"):
        assert {str(streams) for streams in result.figures[name]} == KEYS
    assert all(found["p50"] > 0 for found in result.figures["ttft_overhead_ms"].values())
    assert "engine_alone" not in result.figures


def test_it_is_the_benchmark_of_the_registry() -> None:
    assert llm.BENCH.run is llm.run
    assert llm.BENCH.engines is Engines.REAL
