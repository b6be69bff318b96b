from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import InvalidInput, Unavailable
from ops.engines.listen import CHUNK_SAMPLES, transcribe
from tests.ops.fake_engines import Recognizer, serving


def heard(address: str, samples: Int16, language: str = "") -> list[str]:
    return [final.text for final in transcribe(address, samples, language)]


def test_a_recording_goes_in_whole_and_utterances_come_out(tmp_path: Path) -> None:
    samples = np.arange(CHUNK_SAMPLES * 2 + 7, dtype=np.int16)
    recognizer = Recognizer(["one", "two"])
    with serving(tmp_path, "asr", recognizer) as address:
        assert heard(address, samples, "en") == ["one", "two"]
    config, *audio = recognizer.received
    assert config.config.language == "en"
    assert config.config.audio.sample_rate_hz == 16_000
    assert b"".join(request.audio for request in audio) == samples.tobytes()
    assert max(len(request.audio) for request in audio) == CHUNK_SAMPLES * 2


def test_what_the_service_refuses_is_told(tmp_path: Path) -> None:
    recognizer = Recognizer([], refusal="not that language")
    samples = np.zeros(CHUNK_SAMPLES * 200, np.int16)
    with (
        serving(tmp_path, "asr", recognizer) as address,
        pytest.raises(InvalidInput, match="not that language"),
    ):
        heard(address, samples)


def test_a_service_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="speech recognition service is not reachable"):
        heard(f"unix:{tmp_path}/asr.sock", np.zeros(CHUNK_SAMPLES, np.int16))
