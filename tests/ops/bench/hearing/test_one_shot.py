"""The baseline."""

from __future__ import annotations

import pytest

from inference.asr.settings import AsrSettings
from ops.bench.data import Clip
from ops.bench.hearing.one_shot import OneShot
from tests.speech import SPEECH, recording
from tests.weights import weights


@pytest.mark.model
def test_transcribes() -> None:
    path = recording(SPEECH, "librispeech_test_other/3005-163389-0004.wav")
    baseline = OneShot(weights("whisper-base"), AsrSettings())
    text = baseline.transcribe(Clip(path, 2.5, "", {}).read(), "en")
    assert "average man" in text
