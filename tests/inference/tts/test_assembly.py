"""What the service consists of, from its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.tts.assembly import assemble
from inference.tts.engine import Step
from inference.tts.normalise import normalise
from inference.tts.service import Parts
from inference.tts.settings import TtsSettings
from models.settings import ModelsSettings


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
