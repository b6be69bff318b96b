"""What the service consists of, from its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from antiphon.diligence import Diligence
from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.tts import assembly
from inference.tts.assembly import assemble
from inference.tts.bridge import BridgedEngine
from inference.tts.clauses import MAX_CHARACTERS
from inference.tts.engine import Said, Step
from inference.tts.normalise import normalise
from inference.tts.service import Parts
from inference.tts.settings import TtsSettings
from inference.tts.watch import UNWATCHED
from models.settings import ModelsSettings
from tests.inference.card.nvml import FakeNvml
from tests.inference.tts.voices import CountingVoice


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def spoken(parts: Parts) -> list[Step]:
    loop = asyncio.get_running_loop()
    return [step async for step in parts.engine.speak(normalise("Hello."), 1.0, loop.time)]


def test_simulated_says_so_and_needs_no_model(closing: ExitStack, tmp_path: Path) -> None:
    settings = TtsSettings(engine="simulated", simulated_ms=0)
    parts = assemble(settings, ModelsSettings(dir=tmp_path), closing)
    assert parts.info.simulated and parts.info.engine == "simulated"
    assert (parts.voice.name, parts.voice.licence) == ("simulated", "")
    assert asyncio.run(spoken(parts))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("en-us-joe-medium", "antiphon models pull en-us-joe-medium"),
        ("nobody", "unknown model 'nobody'"),
    ],
)
def test_a_voice_that_is_not_there(
    closing: ExitStack, tmp_path: Path, model: str, message: str
) -> None:
    with pytest.raises(Misconfigured, match=message):
        assemble(TtsSettings(model=model), ModelsSettings(dir=tmp_path), closing)


@pytest.mark.model
def test_a_real_voice(
    checkpoint: Path, closing: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    parts = assemble(TtsSettings(), load("models", ModelsSettings), closing)
    assert (parts.info.engine, parts.info.model) == ("coqui", "en-us-joe-medium")
    assert parts.info.revision and not parts.info.simulated
    assert (parts.voice.language, parts.voice.sample_rate_hz) == ("en-US", 22_050)
    assert parts.voice.licence == parts.info.licence == "MIT"
    assert "lessac" in parts.voice.description
    assert asyncio.run(spoken(parts))


def test_of_the_voice_a_hung_worker_is_noticed(
    closing: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diligence = Diligence(3)
    monkeypatch.setattr(assembly, "_load", lambda *_: CountingVoice())
    for name in ("_info", "_voice"):
        monkeypatch.setattr(assembly, name, lambda *_: None)
    models = ModelsSettings(dir=tmp_path)
    parts = assemble(TtsSettings(), models, closing, UNWATCHED, diligence)
    assert isinstance(parts.engine, BridgedEngine)
    assert parts.engine._turns._diligence is diligence


def test_a_driver_that_is_too_old_is_refused_before_anything_is_loaded(
    closing: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeNvml(driver="570.172.08").install(monkeypatch)
    settings = TtsSettings(model="en-us-ljspeech-vits", device="cuda", runtime="torch")
    with pytest.raises(Misconfigured, match=r"570.172.08, and \[tts\] needs 580"):
        assemble(settings, ModelsSettings(dir=tmp_path), closing)


@pytest.mark.parametrize(("device", "texts", "callers"), [("cpu", 2, 1), ("cuda", 3, 4)])
def test_it_has_spoken_what_it_may_be_given_before_anybody_calls(
    monkeypatch: pytest.MonkeyPatch, device: str, texts: int, callers: int
) -> None:
    spoken: list[list[str]] = []

    class Voice:
        def speak(self, words: Sequence[Said], speed: float) -> list[str]:
            return [" ".join(word.text for word in words)]

    runtime = "torch" if device == "cuda" else "onnxruntime"
    settings = TtsSettings.model_validate(
        {"device": device, "runtime": runtime, "max_batch": callers}
    )
    monkeypatch.setattr("inference.tts.vits.loading.load_voice", lambda *_: Voice())
    monkeypatch.setattr(assembly, "together", lambda many: spoken.append([one[0] for one in many]))
    assembly._load(settings, SimpleNamespace(path=lambda _: None))  # type: ignore[arg-type]
    assert [len(many) for many in spoken] == [callers] * texts
    longest = max(len(many[0]) for many in spoken)
    assert (longest > MAX_CHARACTERS * 0.9) is (device == "cuda")
