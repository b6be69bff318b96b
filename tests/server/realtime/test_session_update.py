from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.realtime.session_config import FORMATS, SessionConfig, initial
from server.realtime.session_update import apply
from server.settings import AgentSettings

AGENT = AgentSettings(endpoint_silence_ms=700, max_reply_tokens=99)
CONFIG = initial(AGENT)
VAD = {"type": "server_vad"}


def _applied(session: dict[str, Any], config: SessionConfig = CONFIG) -> SessionConfig:
    event = {"type": "session.update", "session": {"type": "realtime"} | session}
    return apply(config, oai.SessionUpdateEvent.model_validate(event), AGENT)


def _hearing(**given: Any) -> dict[str, Any]:
    return {"audio": {"input": given}}


def _speaking(**given: Any) -> dict[str, Any]:
    return {"audio": {"output": given}}


@pytest.mark.parametrize(
    ("session", "changes"),
    [
        ({}, {}),
        ({"audio": {}}, {}),
        ({"instructions": ""}, {"instructions": ""}),
        ({"output_modalities": ["text"]}, {"audio_out": False}),
        ({"output_modalities": ["audio"]}, {"audio_out": True}),
        ({"max_output_tokens": 7}, {"max_reply_tokens": 7}),
        ({"max_output_tokens": "inf"}, {"max_reply_tokens": 99}),
        (_hearing(format={"type": "audio/pcmu"}), {"input_format": FORMATS["audio/pcmu"]}),
        (_hearing(format={"type": "audio/pcm", "rate": 24000}), {}),
        (_hearing(format={}), {}),
        (_hearing(transcription={"language": "de"}), {"language": "de"}),
        (_hearing(transcription={"language": ""}), {"language": ""}),
        (_hearing(transcription=None), {}),
        (_hearing(turn_detection=None), {"silence_ms": None}),
        (_hearing(turn_detection=VAD), {}),
        (_hearing(turn_detection=VAD | {"silence_duration_ms": 300}), {"silence_ms": 300}),
        (_hearing(turn_detection=VAD | {"create_response": False}), {"create_response": False}),
        (_hearing(turn_detection={"type": "semantic_vad"}), {}),
        (_speaking(format={"type": "audio/pcma"}), {"output_format": FORMATS["audio/pcma"]}),
        (_speaking(voice="alloy"), {"voice": "alloy"}),
        (_speaking(voice={"id": "voice_1"}), {}),
        (_speaking(speed=1.5), {"speed": 1.5}),
    ],
)
def test_what_is_given_is_set_and_all_else_stays(
    session: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert _applied(session) == replace(CONFIG, **changes)


@pytest.mark.parametrize(("before", "after"), [(None, 700), (300, 300)])
def test_turn_detection_of_no_given_length_is_the_one_before_or_the_agents(
    before: int | None, after: int
) -> None:
    config = replace(CONFIG, silence_ms=before)
    assert _applied(_hearing(turn_detection=VAD), config).silence_ms == after


def test_inf_tokens_are_the_agents_whatever_was_set_before() -> None:
    config = replace(CONFIG, max_reply_tokens=7)
    assert _applied({"max_output_tokens": "inf"}, config).max_reply_tokens == 99


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"type": "transcription"}, "session.type"),
        ({"max_output_tokens": 0}, "session.max_output_tokens"),
        ({"max_output_tokens": 4097}, "session.max_output_tokens"),
        ({"max_output_tokens": 10**30}, "session.max_output_tokens"),
        (
            _hearing(turn_detection=VAD | {"silence_duration_ms": 99}),
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        (
            _hearing(turn_detection=VAD | {"silence_duration_ms": 5001}),
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        (
            _hearing(transcription={"language": "en-US" * 99}),
            "session.audio.input.transcription.language",
        ),
        (_speaking(speed=0.4), "session.audio.output.speed"),
        (_speaking(speed=2.1), "session.audio.output.speed"),
        (_speaking(speed=float("inf")), "session.audio.output.speed"),
    ],
)
def test_what_cannot_be_is_refused_by_name(session: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _applied(session)
    assert refused.value.metadata["param"] == param
    assert refused.value.message.startswith(f"session.update: {param}: ")
