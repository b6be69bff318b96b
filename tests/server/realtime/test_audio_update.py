"""What of `session.audio` changes; what becomes of it within a whole update is test_session_update's."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.realtime.audio_update import (
    INPUT,
    OPENAI_VOICES,
    input_changes,
    output_changes,
    voice_changes,
)
from server.realtime.session_config import FORMATS, TurnDetection, initial
from server.settings import AgentSettings

AGENT = AgentSettings(voice="amy", endpoint_silence_ms=700)
CONFIG = initial(AGENT)


def _heard(**given: Any) -> dict[str, Any]:
    session = oai.RealtimeAudioConfigInput.model_validate(given)
    return input_changes(session, CONFIG, AGENT)


def _spoken(**given: Any) -> dict[str, Any]:
    return output_changes(oai.RealtimeAudioConfigOutput.model_validate(given), AGENT)


def _detected(**given: Any) -> Any:
    return _heard(turn_detection={"type": "server_vad"} | given)["turn_detection"]


def test_what_is_not_given_does_not_change() -> None:
    assert _heard() == {"echo": CONFIG.echo}
    assert _spoken() == {}


def test_format_and_language() -> None:
    changes = _heard(format={"type": "audio/pcma"}, transcription={"language": "fr"})
    assert (changes["input_format"], changes["language"]) == (FORMATS["audio/pcma"], "fr")
    assert _spoken(format={"type": "audio/pcmu"})["output_format"] == FORMATS["audio/pcmu"]


def test_turn_detection_has_its_parameters_or_is_none() -> None:
    assert _heard(turn_detection=None)["turn_detection"] is None
    assert _detected() == TurnDetection("server_vad", 700)
    assert _detected(threshold=0.9, prefix_padding_ms=0) == TurnDetection(
        "server_vad", 700, threshold=0.9, prefix_padding_ms=0
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("silence_duration_ms", 99),
        ("idle_timeout_ms", 4999),
        ("prefix_padding_ms", -1),
        ("prefix_padding_ms", 5001),
        ("threshold", -0.1),
        ("threshold", 1.1),
    ],
)
def test_a_parameter_outside_its_bounds_is_named(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match="is outside") as refused:
        _detected(**{name: value})
    assert refused.value.metadata["param"] == f"{INPUT}.turn_detection.{name}"


def test_a_language_is_a_code() -> None:
    with pytest.raises(InvalidInput) as refused:
        _heard(transcription={"language": "English"})
    assert refused.value.metadata["param"] == f"{INPUT}.transcription.language"
    assert "English" not in refused.value.message


@pytest.mark.parametrize("speed", [0.49, 2.01])
def test_speed_has_bounds(speed: float) -> None:
    with pytest.raises(InvalidInput, match="is outside"):
        _spoken(speed=speed)


def test_openais_voices_are_the_sites_own_and_others_go_by_their_name() -> None:
    assert len(OPENAI_VOICES) == 13
    for name in OPENAI_VOICES:
        assert voice_changes(name, AGENT) == {"voice": "amy", "voice_name": name}
    assert voice_changes("joe", AGENT) == {"voice": "joe", "voice_name": "joe"}
    assert voice_changes(None, AGENT) == {}
