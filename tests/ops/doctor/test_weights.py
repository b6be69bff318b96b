from __future__ import annotations

from pathlib import Path

import pytest

from models.store import Report, State, Store
from ops.doctor.finding import Finding
from ops.doctor.weights import models
from ops.settings import Settings

SIMULATED = {f"ANTIPHON_{name}__ENGINE": "simulated" for name in ("ASR", "LLM", "TTS")}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(
        {**SIMULATED, "ANTIPHON_MODELS__DIR": str(tmp_path), "ANTIPHON_ASR__END_OF_TURN": ""}
    )


def test_an_absent_model_is_pulled(settings: Settings) -> None:
    assert list(models(settings, deep=False)) == [
        Finding("models", "silero-vad is absent", "antiphon models pull silero-vad")
    ]


@pytest.mark.parametrize("deep", [False, True])
def test_what_is_wrong_with_a_model_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, deep: bool
) -> None:
    damaged = Report(State.DAMAGED, {"vad.onnx": "/m/vad.onnx has another hash"})
    unread = Report(State.READY, {})
    monkeypatch.setattr(Store, "verify", lambda *_: damaged)
    monkeypatch.setattr(Store, "inspect", lambda *_: unread)
    finding = next(models(settings, deep=deep))
    if deep:
        assert finding.what == "/m/vad.onnx has another hash"
        assert finding.mend == "antiphon models pull silero-vad"
    else:
        assert finding == Finding("models", "silero-vad is sound")
