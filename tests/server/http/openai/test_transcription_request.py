"""What is asked of a transcription."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.errors import InvalidInput
from server.http.openai.reading import from_fields
from server.http.openai.transcription_request import MAX_PHRASES, TranscriptionFields, terms


def read(**fields: Any) -> TranscriptionFields:
    return from_fields(TranscriptionFields, fields)


def test_by_default() -> None:
    asked = read()
    config = asked.config()
    assert (config.audio.sample_rate_hz, config.language, config.word_times) == (16_000, "", False)
    assert config.WhichOneof("endpointing") is None  # the service's own silence
    assert (asked.with_words, asked.with_segments, asked.stream) == (False, True, False)


@pytest.mark.parametrize(
    ("granularities", "words", "segments"),
    [([], False, True), (["word"], True, False), (["segment"], False, True)],
)
def test_granularities(granularities: list[str], words: bool, segments: bool) -> None:
    asked = read(**{"response_format": "verbose_json", "timestamp_granularities[]": granularities})
    assert (asked.with_words, asked.with_segments) == (words, segments)
    assert asked.config().word_times is words


def test_a_region_is_left_out() -> None:
    assert read(language="en-GB").config().language == "en"
    assert read(language="").config().language == ""


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("", []),
        ("Ada Lovelace, Jaquard\nBabbage; Ada Lovelace", ["Ada Lovelace", "Jaquard", "Babbage"]),
        ("The caller asks about a bill, which she has not paid for some months.", []),
        ("x" * 81, []),
        (",,\n;", []),
    ],
)
def test_terms_are_expected_and_prose_is_not(prompt: str, found: list[str]) -> None:
    assert list(terms(prompt)) == found
    assert [phrase.text for phrase in read(prompt=prompt).config().phrases] == found


def test_the_contract_bounds_them() -> None:
    assert len(terms(",".join(map(str, range(1000))))) == MAX_PHRASES


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"language": "klingon!"}, "language"),
        ({"response_format": "xml"}, "response_format"),
        ({"temperature": "nan"}, "temperature"),
        ({"temperature": "2"}, "temperature"),
        ({"stream": "perhaps"}, "stream"),
        ({"timestamp_granularities[]": ["frame"]}, "timestamp_granularities[].0"),
        ({"include[]": ["x"] * 17}, "include[]"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read(**fields)
    assert told.value.metadata["param"] == param
