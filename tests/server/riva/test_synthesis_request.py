from __future__ import annotations

from typing import Any

import pytest

from antiphon.audio import Encoding
from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1.synthesizer_pb2 import Voice
from server.riva.protos import audio, tts
from server.riva.synthesis_request import MAX_TEXT_CHARS, Output, Wanted, read
from server.sound.encoding import Format

VOICES = [Voice(name="en-us-joe", language="en-US", sample_rate_hz=22_050)]


def wanted(**fields: Any) -> Wanted:
    return read(tts.SynthesizeSpeechRequest(**{"text": "Hello."} | fields), VOICES)


def test_a_text_alone_is_spoken_as_the_voice_is() -> None:
    assert wanted() == Wanted(
        text="Hello.", voice="en-us-joe", output=Output(Encoding.PCM_S16LE, 22_050)
    )


def test_what_pipecat_sends() -> None:
    asked = wanted(
        voice_name="Magpie-Multilingual.EN-US.Aria",
        language_code="en-US",
        encoding=audio.LINEAR_PCM,
        sample_rate_hz=24_000,
        custom_dictionary="NVIDIA  ɛn",
        custom_configuration={"exaggeration_factor": "1.5"},
        zero_shot_data=tts.ZeroShotData(quality=20),
        enable_word_time_offsets=True,
    )
    assert asked == Wanted("Hello.", "en-us-joe", Output(Encoding.PCM_S16LE, 24_000), words=True)


@pytest.mark.parametrize(
    ("number", "output"),
    [
        (audio.MULAW, Output(Encoding.MULAW, 8000)),
        (audio.ALAW, Output(Encoding.ALAW, 8000)),
        (audio.OGGOPUS, Output(Encoding.PCM_S16LE, 8000, Format.OPUS)),
        (audio.FLAC, Output(Encoding.PCM_S16LE, 8000, Format.FLAC)),
    ],
)
def test_each_of_rivas_encodings_is_spoken(number: int, output: Output) -> None:
    assert wanted(encoding=number, sample_rate_hz=8000).output == output


def test_markup_is_not_spoken() -> None:
    assert wanted(text="<speak>Hello<break/>there.</speak>").text == "Hello there."


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": ""}, "NO_TEXT"),
        ({"text": " \n\t"}, "NO_TEXT"),
        ({"text": "<speak> <break/> </speak>"}, "NO_TEXT"),
        ({"text": "<speak>open"}, "SSML"),
        ({"text": "a" * (MAX_TEXT_CHARS + 1)}, "TEXT_TOO_LONG"),
        ({"text": "a" * 1024 * 1024}, "TEXT_TOO_LONG"),
        ({"sample_rate_hz": 7999}, "SAMPLE_RATE"),
        ({"sample_rate_hz": 10**9}, "SAMPLE_RATE"),
        ({"sample_rate_hz": -1}, "SAMPLE_RATE"),
        ({"encoding": 99}, "ENCODING"),
        ({"language_code": "fr-FR"}, "LANGUAGE"),
        ({"language_code": "français"}, "LANGUAGE"),
    ],
)
def test_what_means_nothing_is_refused(fields: Any, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wanted(**fields)
    assert refused.value.reason == reason


def test_the_longest_text_is_spoken() -> None:
    assert len(wanted(text="a" * MAX_TEXT_CHARS).text) == MAX_TEXT_CHARS


def test_no_voice_is_copied() -> None:
    with pytest.raises(Unsupported, match="no voice is copied"):
        wanted(zero_shot_data=tts.ZeroShotData(audio_prompt=b"RIFF"))
