from __future__ import annotations

from typing import Any

import pytest

from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.riva.protos import asr, audio
from server.riva.recognition_config import MAX_PHRASES, Declared, read

FORMAT = common_pb2.AudioFormat(encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000)
ALL = frozenset({"phrases", "alternatives"})


def config(**fields: Any) -> Any:
    return asr.RecognitionConfig(**fields)


def in_contract(**fields: Any) -> pb.RecognizeConfig:
    return read(config(**fields)).in_contract(FORMAT, ALL)


def contexts(*boosted: tuple[list[str], float]) -> Any:
    return [asr.SpeechContext(phrases=phrases, boost=boost) for phrases, boost in boosted]


def test_an_empty_configuration_asks_for_the_services_defaults() -> None:
    asked = read(config())
    assert asked.declared == Declared(audio.ENCODING_UNSPECIFIED, 0, 1)
    assert asked.in_contract(FORMAT, ALL) == pb.RecognizeConfig(audio=FORMAT)
    assert asked.wants() == frozenset()


def test_what_livekit_sends() -> None:
    asked = read(
        config(
            encoding=audio.LINEAR_PCM,
            language_code="en-US",
            model="parakeet-1.1b-en-US-asr-streaming-silero-vad-sortformer",
            max_alternatives=1,
            enable_automatic_punctuation=True,
            sample_rate_hertz=16_000,
            audio_channel_count=1,
            enable_word_time_offsets=True,
        ),
        partials=True,
    )
    assert asked.declared == Declared(audio.LINEAR_PCM, 16_000, 1)
    assert (asked.tag, asked.punctuation) == ("en-US", True)
    assert asked.in_contract(FORMAT, ALL) == pb.RecognizeConfig(
        audio=FORMAT, language="en", partials=True, word_times=True
    )


@pytest.mark.parametrize(
    ("asked_ms", "silence_ms"),
    [(320, 320), (1, 100), (100, 100), (5000, 5000), (60_000, 5000), (2**31 - 1, 5000)],
)
def test_the_end_of_an_utterance_is_bounded_by_the_contract(asked_ms: int, silence_ms: int) -> None:
    asked = in_contract(endpointing_config=asr.EndpointingConfig(stop_history=asked_ms))
    assert asked.silence.silence_ms == silence_ms


@pytest.mark.parametrize(
    "endpointing", [{}, {"stop_history": 0}, {"stop_history": -1}, {"stop_threshold": float("nan")}]
)
def test_whoever_says_nothing_of_the_end_gets_the_services_own(endpointing: Any) -> None:
    asked = in_contract(endpointing_config=asr.EndpointingConfig(**endpointing))
    assert asked.WhichOneof("endpointing") is None


@pytest.mark.parametrize(("most", "others"), [(0, 0), (1, 0), (2, 1), (11, 10), (1000, 10)])
def test_of_so_many_texts_the_first_is_no_other(most: int, others: int) -> None:
    assert in_contract(max_alternatives=most).max_alternatives == others


def test_phrases_are_boosted_within_bounds_and_the_most_boosted_come_first() -> None:
    asked = in_contract(
        speech_contexts=contexts(
            (["Antiphon", " Birch "], 4.0),
            (["Riva"], 400.0),
            (["noise"], -5.0),
            (["", "zero"], 0.0),
        )
    )
    assert [(phrase.text, phrase.boost) for phrase in asked.phrases] == [
        ("Riva", 20),
        ("Antiphon", 4),
        ("Birch", 4),
        ("zero", 0),
    ]


def test_of_too_many_phrases_the_most_boosted_are_kept() -> None:
    asked = in_contract(
        speech_contexts=contexts(
            ([f"word {n}" for n in range(MAX_PHRASES)], 1.0), (["important"], 2.0)
        )
    )
    assert len(asked.phrases) == MAX_PHRASES
    assert asked.phrases[0].text == "important"


def test_what_the_recogniser_cannot_do_is_left_out() -> None:
    asked = read(config(max_alternatives=3, speech_contexts=contexts((["Antiphon"], 1.0))))
    assert asked.wants() == ALL
    assert asked.in_contract(FORMAT, frozenset()) == pb.RecognizeConfig(audio=FORMAT)
    assert asked.in_contract(FORMAT, {"phrases"}).phrases[0].text == "Antiphon"
    assert asked.in_contract(FORMAT, {"alternatives"}).max_alternatives == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sample_rate_hertz": 10**9}, "SAMPLE_RATE"),
        ({"sample_rate_hertz": -1}, "SAMPLE_RATE"),
        ({"audio_channel_count": 9}, "CHANNELS"),
        ({"audio_channel_count": -1}, "CHANNELS"),
        ({"max_alternatives": -1}, "ALTERNATIVES"),
        ({"language_code": "klingon"}, "LANGUAGE"),
        ({"speech_contexts": contexts((["a"], float("nan")))}, "PHRASES"),
        ({"speech_contexts": contexts((["a"], float("inf")))}, "PHRASES"),
        ({"speech_contexts": contexts((["a" * 201], 1.0))}, "PHRASES"),
    ],
)
def test_what_means_nothing_is_refused(fields: Any, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(config(**fields))
    assert refused.value.reason == reason


def test_channels_are_not_recognised_apart() -> None:
    apart = {"enable_separate_recognition_per_channel": True}
    with pytest.raises(Unsupported, match="request of its own"):
        read(config(audio_channel_count=2, **apart))
    assert read(config(audio_channel_count=1, **apart)).declared.channels == 1


def test_what_riva_has_and_we_have_not_is_ignored() -> None:
    diarisation = asr.SpeakerDiarizationConfig(enable_speaker_diarization=True, max_speaker_count=4)
    asked = in_contract(
        model="nemotron-asr-streaming",
        profanity_filter=True,
        verbatim_transcripts=True,
        diarization_config=diarisation,
        custom_configuration={"neural_vad.onset": "0.65"},
        endpointing_config=asr.EndpointingConfig(
            start_history=200, start_threshold=0.1, stop_history_eou=240, stop_threshold_eou=0.98
        ),
    )
    assert asked == pb.RecognizeConfig(audio=FORMAT)
