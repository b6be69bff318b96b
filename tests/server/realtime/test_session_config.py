from __future__ import annotations

from dataclasses import replace

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest

from antiphon.errors import InvalidInput
from server.realtime.session_config import FORMATS, initial
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
    assert (config.silence_ms, config.max_reply_tokens) == (700, 99)
    assert config.audio_out and config.create_response
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
        "turn_detection": {
            "type": "server_vad",
            "silence_duration_ms": 700,
            "create_response": True,
        },
    }
    assert told["audio"]["output"]["voice"] == "joe"


def test_without_turn_detection_and_audio_that_is_told_too() -> None:
    config = replace(
        initial(AGENT), silence_ms=None, audio_out=False, output_format=FORMATS["audio/pcmu"]
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
