"""What a client asks to be written down. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from antiphon.audio import RECOGNITION_RATE_HZ
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.http.openai.reading import Asked

# The contract's bounds.
MAX_PHRASES = 100
# "Saint Mary's Hospital, Cambridge Road" has five words: what is longer is prose, not a list of terms.
MAX_PHRASE_WORDS = 6
MAX_PHRASE_CHARS = 80
_BETWEEN_TERMS = re.compile(r"[,;\n]")
# As in `RecognizeConfig`; a region behind it, as in en-GB, is left out.
_LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

Form = Literal["json", "verbose_json", "text", "srt", "vtt"]


def _no_text_is_none(given: object) -> object:
    return None if given == "" else given


class TranscriptionFields(Asked):
    """The fields of `POST /v1/audio/transcriptions` beside the file.

    `model`, `temperature` and `include[]` change nothing. A `prompt` of terms, separated by commas or lines,
    is what the recogniser is to expect; prose is ignored.
    """

    model: str | None = Field(None, max_length=200)
    language: Annotated[
        Annotated[str, Field(pattern=_LANGUAGE)] | None, BeforeValidator(_no_text_is_none)
    ] = None
    prompt: str | None = None
    response_format: Form = "json"
    temperature: float | None = Field(None, ge=0, le=1)
    timestamp_granularities: list[Literal["word", "segment"]] = Field(
        [], max_length=16, alias="timestamp_granularities[]"
    )
    stream: bool = False
    include: list[str] = Field([], max_length=16, alias="include[]")

    @property
    def with_words(self) -> bool:
        """Whether each word's times are told."""
        return self.response_format == "verbose_json" and "word" in self.timestamp_granularities

    @property
    def with_segments(self) -> bool:
        """Whether segments are told, as by default."""
        return "segment" in self.timestamp_granularities or not self.with_words

    def config(self) -> pb.RecognizeConfig:
        """Return what recognition is configured with; utterances end by the service's own silence."""
        language = (self.language or "").partition("-")[0].lower()
        return pb.RecognizeConfig(
            audio=common_pb2.AudioFormat(
                encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RECOGNITION_RATE_HZ
            ),
            language=language,
            word_times=self.with_words,
            phrases=[pb.Phrase(text=term) for term in terms(self.prompt or "")],
        )


def terms(prompt: str) -> Sequence[str]:
    """Return the terms of a prompt that lists some; none where it is prose."""
    found = list(dict.fromkeys(filter(None, map(str.strip, _BETWEEN_TERMS.split(prompt)))))
    if any(len(term) > MAX_PHRASE_CHARS or len(term.split()) > MAX_PHRASE_WORDS for term in found):
        return []
    return found[:MAX_PHRASES]
