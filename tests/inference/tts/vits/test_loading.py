"""A voice's folder to a voice that speaks."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from antiphon.errors import Misconfigured
from inference.tts.normalise import normalise
from inference.tts.settings import TtsSettings
from inference.tts.stage import without_stages
from inference.tts.vits.loading import load_voice


def spoken(folder: Path, settings: TtsSettings) -> int:
    voice = load_voice(folder, settings)
    pieces = list(without_stages(voice.speak(normalise("Hello there."), 1.0)))
    voice.close()
    return int(np.abs(np.concatenate([piece.samples for piece in pieces])).max())


@pytest.mark.model
def test_graphs_are_exported_once_and_torch_then_left_out(
    checkpoint: Path, coqui: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert spoken(checkpoint, TtsSettings()) > 1000
    monkeypatch.setattr(coqui, "load", lambda _: pytest.fail("torch was used again"))
    assert spoken(checkpoint, TtsSettings()) > 1000


@pytest.mark.model
def test_torch(checkpoint: Path, coqui: ModuleType) -> None:
    assert spoken(checkpoint, TtsSettings(runtime="torch")) > 1000


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(Misconfigured, match=r"no Coqui checkpoint: model_file\.pth missing"):
        load_voice(tmp_path, TtsSettings())
