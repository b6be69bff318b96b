"""The table [tts]."""

from __future__ import annotations

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.tts.settings import TtsSettings


def test_defaults() -> None:
    settings = load("tts", TtsSettings, {})
    assert (settings.engine, settings.model, settings.threads) == ("coqui", "en-us-joe-medium", 1)


@pytest.mark.parametrize("value", ["0.4", "2.1", "nan", "inf", "fast"])
def test_speed_is_bounded(value: str) -> None:
    with pytest.raises(Misconfigured, match=r"tts\.speed"):
        load("tts", TtsSettings, {"ANTIPHON_TTS__SPEED": value})


def test_cuda_needs_torch() -> None:
    with pytest.raises(Misconfigured, match='needs runtime = "torch"'):
        load("tts", TtsSettings, {"ANTIPHON_TTS__DEVICE": "cuda"})
    environ = {"ANTIPHON_TTS__DEVICE": "cuda", "ANTIPHON_TTS__RUNTIME": "torch"}
    assert load("tts", TtsSettings, environ).device == "cuda"


def test_how_many_are_computed_at_once() -> None:
    assert load("tts", TtsSettings, {}).batch == 1
    card = {"ANTIPHON_TTS__DEVICE": "cuda", "ANTIPHON_TTS__RUNTIME": "torch"}
    assert load("tts", TtsSettings, card).batch == 8
    assert load("tts", TtsSettings, {**card, "ANTIPHON_TTS__MAX_BATCH": "3"}).batch == 3
    with pytest.raises(Misconfigured, match=r"tts\.max_batch"):
        load("tts", TtsSettings, {"ANTIPHON_TTS__MAX_BATCH": "65"})
