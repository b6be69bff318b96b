from __future__ import annotations

from typing import Any

import pytest

from antiphon.v1 import recognizer_pb2 as pb
from server.riva.protos import audio
from server.riva.recognition_config import Asked, Declared
from server.riva.transcripts import Transcripts, bare

DECLARED = Declared(audio.LINEAR_PCM, 16_000)
FINAL = pb.Final(
    text="Hello, Mr. O'Brien.",
    words=[
        pb.Word(text=" Hello,", start_ms=120.4, end_ms=480.6, probability=0.75),
        pb.Word(text="Mr.", start_ms=500, end_ms=700, probability=0.5),
        pb.Word(text="-", start_ms=700, end_ms=710, probability=0.25),
        pb.Word(text="O'Brien.", start_ms=710, end_ms=1000, probability=1),
    ],
    language="en",
    start_ms=100,
    end_ms=1000,
    probability=0.5,
    alternatives=[
        pb.Alternative(text="hello mr o'brien", probability=0.25),
        pb.Alternative(text="Hello, Mr. O'Ryan.", probability=0.125),
        pb.Alternative(text=" ", probability=0.1),
    ],
)


def transcripts(**asked: Any) -> Transcripts:
    return Transcripts(Asked(DECLARED, **asked))


def partial(text: str, stable: int) -> pb.RecognizeResponse:
    return pb.RecognizeResponse(partial=pb.Partial(text=text, stable_chars=stable, audio_ms=1500))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello, Mr. O'Brien.", "hello mr o'brien"),
        ("It's $3.50 - or -5 degrees?", "it's $3.50 or -5 degrees"),
        ("“Re-read it!” (he said…)", "re-read it he said"),
        ("Grüß Gott.", "grüß gott"),
        ("... — !", ""),
        ("", ""),
    ],
)
def test_without_punctuation_text_is_as_rivas_models_give_it(text: str, shown: str) -> None:
    assert bare(text) == shown


def test_a_partial_is_an_interim_result_as_stable_as_its_prefix_is_long() -> None:
    result = transcripts(partials=True, punctuation=True).of(partial("Hello the", 6))
    assert [one.transcript for one in result.alternatives] == ["Hello the"]
    assert not result.is_final
    assert result.stability == pytest.approx(6 / 9)
    assert (result.channel_tag, result.audio_processed) == (1, 1.5)


def test_what_was_decoded_at_a_pause_is_told_as_stable() -> None:
    event = pb.RecognizeResponse(pause=pb.Pause(text="Hello there.", end_ms=900))
    result = transcripts(partials=True).of(event)
    assert result.alternatives[0].transcript == "hello there"
    assert (result.is_final, result.stability) == (False, 1)
    assert result.audio_processed == pytest.approx(0.9)


@pytest.mark.parametrize(
    "event",
    [
        partial("", 0),
        partial("...", 3),
        pb.RecognizeResponse(pause=pb.Pause()),
        pb.RecognizeResponse(speech_started=pb.SpeechStarted()),
        pb.RecognizeResponse(speech_resumed=pb.SpeechResumed()),
        pb.RecognizeResponse(speech_hushed=pb.SpeechHushed(text="Hello")),
        pb.RecognizeResponse(final=pb.Final()),
        pb.RecognizeResponse(final=pb.Final(text="...")),
    ],
)
def test_what_says_no_words_is_not_told(event: pb.RecognizeResponse) -> None:
    assert transcripts(partials=True).of(event) is None


def test_without_interim_results_only_finals_are_told() -> None:
    assert transcripts().of(partial("Hello", 5)) is None
    assert transcripts().of(pb.RecognizeResponse(pause=pb.Pause(text="Hello"))) is None
    assert transcripts().of(pb.RecognizeResponse(final=FINAL)) is not None


def test_a_final_with_punctuation_ends_in_a_space_as_rivas_do() -> None:
    result = transcripts(punctuation=True, tag="en-GB").of(pb.RecognizeResponse(final=FINAL))
    assert result.is_final
    assert (result.channel_tag, result.audio_processed) == (1, 1)
    told = [(one.transcript, one.confidence) for one in result.alternatives]
    assert told == [
        ("Hello, Mr. O'Brien. ", 0.5),
        ("hello mr o'brien ", 0.25),
        ("Hello, Mr. O'Ryan. ", 0.125),
    ]
    assert list(result.alternatives[0].language_code) == ["en-GB"]
    assert not result.alternatives[0].words


def test_without_punctuation_no_two_alternatives_are_the_same() -> None:
    result = transcripts().of(pb.RecognizeResponse(final=FINAL))
    told = [one.transcript for one in result.alternatives]
    assert told == ["hello mr o'brien ", "hello mr o'ryan "]
    assert result.alternatives[1].confidence == 0.125


def test_words_have_times_in_whole_ms_and_confidence_on_the_first_alternative_only() -> None:
    result = transcripts(words=True).of(pb.RecognizeResponse(final=FINAL))
    first, second = result.alternatives
    told = [(word.word, word.start_time, word.end_time, word.confidence) for word in first.words]
    assert told == [
        ("hello", 120, 481, 0.75),
        ("mr", 500, 700, 0.5),
        ("o'brien", 710, 1000, 1.0),
    ]
    assert not second.words


@pytest.mark.parametrize(
    ("tag", "heard", "told"),
    [("en-US", "en", ["en-US"]), ("", "de", ["de"]), ("multi", "fr", ["fr"]), ("en-US", "", [])],
)
def test_the_language_is_told_as_it_was_asked_for(tag: str, heard: str, told: list[str]) -> None:
    final = pb.Final(text="x", language=heard)
    result = transcripts(tag=tag).final(final)
    assert list(result.alternatives[0].language_code) == told


def test_a_recordings_results_say_how_long_it_was() -> None:
    whole = transcripts(punctuation=True).whole(FINAL, 12.5)
    assert whole.alternatives[0].transcript == "Hello, Mr. O'Brien. "
    assert (whole.channel_tag, whole.audio_processed) == (1, 12.5)
    assert transcripts().whole(pb.Final(), 12.5) is None
