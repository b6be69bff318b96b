"""Building the service from settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from antiphon.diligence import Diligence
from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.asr import assembly
from inference.asr.assembly import assemble
from inference.asr.service import Parts
from inference.asr.settings import AsrSettings
from inference.asr.watch import UNWATCHED
from models.settings import ModelsSettings
from tests.inference.asr.held import HeldEngine, job
from tests.inference.card.nvml import FakeNvml
from tests.weights import weights


@contextmanager
def assembled(settings: AsrSettings) -> Iterator[Parts]:
    with ExitStack() as closing:
        yield assemble(settings, load("models", ModelsSettings), closing)


@pytest.mark.model
def test_whisper() -> None:
    weights("whisper-base")
    with assembled(AsrSettings()) as parts:
        info = parts.info
        assert (info.engine, info.model, info.licence) == ("faster-whisper", "whisper-base", "MIT")
        assert len(info.revision) == 12
        assert set(info.capabilities) == {
            "word_times",
            "language_detection",
            "phrases",
            "alternatives",
            "end_of_turn",
        }
        assert parts.judge is not None
        assert 0 <= asyncio.run(parts.judge(np.zeros(16_000, np.float32))) <= 1
        assert parts.listen() is not parts.listen()


@pytest.mark.model
def test_simulated_listens_with_the_real_detector() -> None:
    weights("silero-vad")
    with assembled(AsrSettings(engine="simulated", end_of_turn="")) as parts:
        assert parts.info.simulated
        assert list(parts.info.capabilities) == ["word_times", "phrases", "alternatives"]
        assert parts.judge is None


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with ExitStack() as closing, pytest.raises(Misconfigured, match="models pull silero-vad"):
        assemble(AsrSettings(), ModelsSettings(dir=tmp_path), closing)


def test_a_card_that_is_too_small_is_refused_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeNvml(free_mib=500).install(monkeypatch)
    settings = AsrSettings(model="whisper-large-v3-turbo", device="cuda", compute_type="float16")
    with (
        ExitStack() as closing,
        pytest.raises(Misconfigured, match=r"0.5 GiB free .*\[asr\] needs"),
    ):
        assemble(settings, ModelsSettings(dir=tmp_path), closing)


def test_on_a_card_one_engine_has_all_workers_and_hears_what_it_may_be_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[tuple[object, int]] = []
    monkeypatch.setattr("inference.asr.whisper.Whisper", lambda _, options: options)

    def warm_through(engine: object, settings: AsrSettings, workers: int) -> object:
        heard.append((engine, workers))
        return engine

    monkeypatch.setattr(assembly, "warm_through", warm_through)
    settings = AsrSettings(device="cuda", compute_type="float16")
    short, long = assembly._whispers(settings, SimpleNamespace(path=lambda _: None))  # type: ignore[arg-type]
    assert short is long
    assert heard == [(short, 3)]


def test_of_both_engines_a_hung_worker_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, diligence = HeldEngine(), Diligence(3)
    store: Any = None
    monkeypatch.setattr(assembly, "_whispers", lambda *_: (engine, engine))

    async def main(closing: ExitStack) -> None:
        decoder = assembly._decoder(AsrSettings(), store, closing, UNWATCHED, diligence)
        async with asyncio.TaskGroup() as tasks:
            for seconds in (1, 28):
                tasks.create_task(decoder.decode(job(1, seconds=seconds)))
            while len(diligence._begun_s) < 2:  # noqa: ASYNC110 - an engine's thread tells nobody
                await asyncio.sleep(0.001)
            engine.let.release(2)

    with ExitStack() as closing:
        asyncio.run(asyncio.wait_for(main(closing), 30))
