"""What is to be spoken."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from server.http.openai.speech_request import MAX_INPUT_CHARS, SpeechRequest
from server.sound.encoding import Format


def test_only_a_text_is_needed() -> None:
    asked = SpeechRequest.model_validate_json('{"input": "Hello"}')
    assert (asked.format, asked.spoken_speed) == (Format.MP3, 1)


@pytest.mark.parametrize(("speed", "spoken"), [(0.25, 0.5), (0.7, 0.7), (4, 2)])
def test_what_no_voice_speaks_is_spoken_as_near_as_can_be(speed: float, spoken: float) -> None:
    assert SpeechRequest(input="x", speed=speed).spoken_speed == spoken


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"input": ""}',
        '{"input": 7}',
        f'{{"input": "{"x" * (MAX_INPUT_CHARS + 1)}"}}',
        '{"input": "x", "speed": 0.2}',
        '{"input": "x", "speed": 4.1}',
        '{"input": "x", "speed": NaN}',
        '{"input": "x", "response_format": "ogg"}',
        '{"input": "x", "stream_format": "x"}',
        '{"input": "x", "voice": {}}',
    ],
)
def test_what_is_wrong(body: str) -> None:
    with pytest.raises(ValidationError):
        SpeechRequest.model_validate_json(body)
