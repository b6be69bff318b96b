"""The table [asr]."""

from __future__ import annotations

import pytest

from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.asr.settings import AsrSettings


def test_defaults_listen_with_whisper() -> None:
    settings = load("asr", AsrSettings, {})
    assert (settings.engine, settings.model, settings.threads) == (
        "faster-whisper",
        "whisper-base",
        2,
    )
    assert settings.address.endswith("asr.sock")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENGINE", "kaldi"),
        ("SILENCE_MS", "50"),
        ("VAD_START", "1.5"),
        ("VAD_STOP", "nan"),
        ("MAX_STREAMS", "0"),
        ("END_OF_TURN", "guess"),
        ("COLOUR", "blue"),
        ("MAX_BATCH", "0"),
        ("MAX_BATCH_S", "nan"),
        ("MAX_BATCH_EXTRA_S", "-1"),
        ("SHORT_S", "31"),
    ],
)
def test_what_cannot_be_stops_the_start(variable: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=rf"asr\.{variable.lower()}"):
        load("asr", AsrSettings, {f"ANTIPHON_ASR__{variable}": value})
