"""Utterances in each of OpenAI's formats."""

from __future__ import annotations

import math

from antiphon.v1 import recognizer_pb2 as pb
from server.http.openai import transcript
from server.http.openai.reading import from_fields
from server.http.openai.transcription_request import TranscriptionFields
from tests.server.http.openai.counter import HEARD

SPOKEN = [final for final in HEARD if final.text]


def verbose(*granularities: str) -> TranscriptionFields:
    fields = {"response_format": "verbose_json", "timestamp_granularities[]": list(granularities)}
    return from_fields(TranscriptionFields, fields)


def test_plain() -> None:
    told = transcript.plain(SPOKEN, 3724.0004)
    assert told.text == "Get weather. Please!"
    assert told.usage is not None and told.usage.type == "duration"
    assert told.usage.seconds == 3724
    assert transcript.plain([], 1).text == ""


def test_verbose_with_segments() -> None:
    told = transcript.verbose(SPOKEN, 3724, verbose())
    assert (told.language, told.duration, told.words) == ("en", 3724, None)
    assert told.segments is not None
    first, second = told.segments
    assert (first.id, first.start, first.end, first.text) == (0, 0.2, 1.5, "Get weather.")
    assert first.avg_logprob == math.log(0.5)
    assert (second.seek, second.avg_logprob) == (372_300, 0)  # nothing is known of it


def test_verbose_with_words() -> None:
    told = transcript.verbose(SPOKEN, 3724, verbose("word"))
    assert told.segments is None and told.words is not None
    assert [(word.word, word.start, word.end) for word in told.words] == [("Get", 0.2, 0.5)]


def test_verbose_of_silence() -> None:
    told = transcript.verbose([], 3, verbose())
    assert (told.language, told.segments, told.text) == ("", [], "")


def test_subtitles() -> None:
    assert transcript.srt(SPOKEN) == (
        "1\n00:00:00,200 --> 00:00:01,500\nGet weather.\n\n"
        "2\n01:02:03,004 --> 01:02:04,000\nPlease!\n\n"
    )
    assert transcript.vtt(SPOKEN) == (
        "WEBVTT\n\n00:00:00.200 --> 00:00:01.500\nGet weather.\n\n"
        "01:02:03.004 --> 01:02:04.000\nPlease!\n\n"
    )


def test_no_text_ends_a_cue() -> None:
    final = pb.Final(text="a\n\nb --> c")
    assert transcript.srt([final]).splitlines()[2:] == ["a b -> c", ""]
