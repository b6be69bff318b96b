from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from openai.types.realtime import (
    RealtimeSessionCreateRequest,
    RealtimeTranscriptionSessionCreateRequest,
)

from antiphon.errors import InvalidInput
from server.realtime.session_config import FORMATS, Echo, TurnDetection, initial
from server.realtime.tools import Tool, Tools
from server.settings import AgentSettings

AGENT = AgentSettings(
    instructions="Be brief.",
    language="de",
    voice="joe",
    endpoint_silence_ms=700,
    max_reply_tokens=99,
)


def test_a_session_starts_as_the_agent_is_set() -> None:
    config = initial(AGENT)
    assert (config.instructions, config.language, config.voice) == ("Be brief.", "de", "joe")
    assert config.turn_detection == TurnDetection("semantic_vad", 700)
    assert config.max_reply_tokens == 99
    assert config.audio_out and not config.extensions
    assert config.input_format == config.output_format == FORMATS["audio/pcm"]


def test_it_is_told_in_openais_words() -> None:
    told = initial(AGENT).as_json("sess_1")
    session = RealtimeSessionCreateRequest.model_validate(told)
    assert session.instructions == "Be brief."
    assert session.output_modalities == ["audio"]
    assert session.max_output_tokens == 99
    assert told["id"] == "sess_1"
    assert told["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24_000},
        "transcription": {"language": "de"},
        "turn_detection": {
            "type": "semantic_vad",
            "eagerness": "auto",
            "create_response": True,
            "interrupt_response": True,
        },
    }
    assert told["audio"]["output"]["voice"] == "joe"


@pytest.mark.parametrize(
    ("detection", "told"),
    [
        (
            TurnDetection("server_vad", 300, idle_timeout_ms=6000),
            {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 300,
                "idle_timeout_ms": 6000,
                "create_response": True,
                "interrupt_response": True,
            },
        ),
        (
            TurnDetection("server_vad", 300, create_response=False, interrupt_response=False),
            {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 300,
                "idle_timeout_ms": None,
                "create_response": False,
                "interrupt_response": False,
            },
        ),
        (
            TurnDetection("semantic_vad", 300, "high", interrupt_response=False),
            {
                "type": "semantic_vad",
                "eagerness": "high",
                "create_response": True,
                "interrupt_response": False,
            },
        ),
    ],
)
def test_each_turn_detection_is_told_with_what_it_goes_by(
    detection: TurnDetection, told: dict[str, Any]
) -> None:
    session = replace(initial(AGENT), turn_detection=detection).as_json("x")
    assert session["audio"]["input"]["turn_detection"] == told
    RealtimeSessionCreateRequest.model_validate(session)


def test_without_turn_detection_and_audio_that_is_told_too() -> None:
    config = replace(
        initial(AGENT), turn_detection=None, audio_out=False, output_format=FORMATS["audio/pcmu"]
    )
    told = config.as_json("x")
    assert told["audio"]["input"]["turn_detection"] is None
    assert told["output_modalities"] == ["text"]
    assert told["audio"]["output"]["format"] == {"type": "audio/pcmu"}


@pytest.mark.parametrize(
    ("name", "size", "whole"),
    [
        ("audio/pcm", 0, True),
        ("audio/pcm", 960, True),
        ("audio/pcm", 961, False),
        ("audio/pcmu", 161, True),
        ("audio/pcma", 1, True),
    ],
)
def test_audio_may_not_end_within_a_sample(name: str, size: int, whole: bool) -> None:
    if whole:
        FORMATS[name].check_whole(bytes(size))
        return
    with pytest.raises(InvalidInput, match="961 bytes") as refused:
        FORMATS[name].check_whole(bytes(size))
    assert (refused.value.reason, refused.value.metadata["param"]) == ("SPLIT_SAMPLE", "audio")


def test_a_session_says_what_it_is_and_what_it_offers() -> None:
    tools = Tools((Tool("look", "Look up.", {"type": "object"}),), "required", "look")
    told = replace(initial(AGENT), tools=tools, model="gpt-realtime").as_json("sess_1")
    assert (told["object"], told["type"]) == ("realtime.session", "realtime")
    assert told["model"] == "gpt-realtime"
    assert told["tool_choice"] == {"type": "function", "name": "look"}
    assert [tool["name"] for tool in told["tools"]] == ["look"]
    RealtimeSessionCreateRequest.model_validate(told)


def test_a_client_knows_the_voice_by_its_own_name() -> None:
    config = replace(initial(AGENT), voice_name="alloy")
    assert config.told_voice == config.as_json("x")["audio"]["output"]["voice"] == "alloy"
    assert initial(AGENT).told_voice == "joe"


def test_what_changes_nothing_is_told_as_it_was_given() -> None:
    echo = Echo(
        session={"tracing": "auto"},
        input={"noise_reduction": {"type": "near_field"}},
        transcription={"model": "whisper-1"},
    )
    told = replace(initial(AGENT), echo=echo).as_json("x")
    assert told["tracing"] == "auto"
    assert told["audio"]["input"]["noise_reduction"] == {"type": "near_field"}
    assert told["audio"]["input"]["transcription"] == {"model": "whisper-1", "language": "de"}


def test_a_transcription_session_has_no_output() -> None:
    told = replace(initial(AGENT), replies=False).as_json("sess_1")
    session = RealtimeTranscriptionSessionCreateRequest.model_validate(told)
    assert session.type == "transcription"
    assert set(told) == {"type", "id", "object", "audio"}
    assert set(told["audio"]) == {"input"}


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "fr"},
        {"input_format": FORMATS["audio/pcmu"]},
        {"simulation": ("hello", 500)},
        {"turn_detection": TurnDetection("server_vad", 300, threshold=0.6)},
        {"turn_detection": TurnDetection("server_vad", 300, prefix_padding_ms=0)},
    ],
)
def test_what_a_recogniser_is_opened_with(changes: dict[str, Any]) -> None:
    config = initial(AGENT)
    assert replace(config, **changes).hearing != config.hearing
    assert replace(config, instructions="").hearing == config.hearing


@pytest.mark.parametrize(
    ("detection", "voicing"),
    [
        (None, (None, None)),
        (TurnDetection("semantic_vad", 300), (None, None)),
        # What OpenAI's clients send of their own accord is no worse than nothing.
        (TurnDetection("server_vad", 300, threshold=0.5, prefix_padding_ms=300), (None, None)),
        (TurnDetection("server_vad", 300, threshold=0.0, prefix_padding_ms=0), (0.0, 0)),
        (TurnDetection("server_vad", 300, threshold=0.9, prefix_padding_ms=500), (0.9, 500)),
    ],
)
def test_what_is_asked_of_the_detector_is_what_differs_from_openais_defaults(
    detection: TurnDetection | None, voicing: tuple[float | None, int | None]
) -> None:
    assert replace(initial(AGENT), turn_detection=detection).voicing == voicing
