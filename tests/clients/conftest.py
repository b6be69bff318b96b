"""What the clients under test share: the gateway that they call, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.audio import resample
from ops.sound import read_speech, write_speech
from tests.clients.gateway import Gateway, gateway
from tests.clients.microphone import RATE_HZ
from tests.speech import SPEECH, recording
from tests.weights import weights

# Three seconds of voice: nine or ten words of `HEARD`.
CLIP = "harvard/birch_canoe.wav"


@pytest.fixture(scope="package")
def served() -> Iterator[Gateway]:
    for name in ("silero-vad", "smart-turn-v3.2"):
        weights(name)
    with gateway() as found:
        yield found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sentence of a human voice as WAV, at `RATE_HZ`."""
    samples, rate_hz = read_speech(recording(SPEECH, CLIP))
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    write_speech(path, resample(samples, rate_hz, RATE_HZ), RATE_HZ)
    return path
