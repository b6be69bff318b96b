from __future__ import annotations

import pytest

from antiphon.v1.common_pb2 import ServiceInfo
from antiphon.v1.synthesizer_pb2 import Voice
from server.riva.models import recognisers, voices

WHISPER = ServiceInfo(
    engine="faster-whisper", model="whisper-base", capabilities=["language_detection", "word_times"]
)
SIMULATED = ServiceInfo(engine="simulated", simulated=True)
VOICES = [
    Voice(name="en-us-joe", language="en-US", sample_rate_hz=22_050, licence="MIT"),
    Voice(name="de-eva", language="de-DE", sample_rate_hz=16_000, licence="CC0-1.0"),
]


def test_the_recogniser_is_a_model_for_streams_and_one_for_recordings() -> None:
    online, offline = recognisers(WHISPER).model_config
    assert (online.model_name, offline.model_name) == (
        "whisper-base-online",
        "whisper-base-offline",
    )
    assert dict(online.parameters) == {
        "engine": "faster-whisper",
        "language_code": "multi",
        "sample_rate": "16000",
        "simulated": "False",
        "streaming": "True",
        "type": "online",
    }
    assert (offline.parameters["type"], offline.parameters["streaming"]) == ("offline", "False")


def test_what_is_simulated_says_so_and_knows_one_language() -> None:
    online = recognisers(SIMULATED).model_config[0]
    assert online.model_name == "simulated-online"
    assert online.parameters["simulated"] == "True"
    assert online.parameters["language_code"] == "en-US"


@pytest.mark.parametrize(("asked", "count"), [("", 2), ("whisper-base-online", 1), ("parakeet", 0)])
def test_one_recogniser_may_be_asked_for(asked: str, count: int) -> None:
    assert len(recognisers(WHISPER, asked).model_config) == count


def test_each_voice_is_a_model_with_a_subvoice() -> None:
    joe, eva = voices(ServiceInfo(engine="coqui"), VOICES).model_config
    assert joe.model_name == "en-us-joe"
    assert dict(joe.parameters) == {
        "engine": "coqui",
        "language_code": "en-US",
        "licence": "MIT",
        "sample_rate": "22050",
        "simulated": "False",
        "subvoices": "default:0",
        "voice_name": "en-us-joe",
    }
    assert eva.parameters["language_code"] == "de-DE"


@pytest.mark.parametrize(("asked", "count"), [("", 2), ("de-eva", 1), ("Magpie", 0)])
def test_one_voice_may_be_asked_for(asked: str, count: int) -> None:
    assert len(voices(SIMULATED, VOICES, asked).model_config) == count
