"""Utterances in OpenAI's formats; a segment is an utterance. Pure."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

from openai.types.audio import (
    Transcription,
    TranscriptionSegment,
    TranscriptionVerbose,
    TranscriptionWord,
)
from openai.types.audio.transcription import UsageDuration
from openai.types.audio.transcription_verbose import Usage

from antiphon.v1 import recognizer_pb2 as pb
from server.http.openai.transcription_request import TranscriptionFields

# Whisper counts positions in hundredths of a second.
_SEEKS_A_SECOND = 100
# What it says of a segment that it cannot judge.
_UNKNOWN_LOGPROB = 0.0


def joined(finals: Sequence[pb.Final]) -> str:
    """Return all that was said."""
    return " ".join(final.text.strip() for final in finals)


def plain(finals: Sequence[pb.Final], duration_s: float) -> Transcription:
    """Return `response_format` json."""
    usage = UsageDuration(seconds=round(duration_s, 3), type="duration")
    return Transcription(text=joined(finals), usage=usage)


def verbose(
    finals: Sequence[pb.Final], duration_s: float, asked: TranscriptionFields
) -> TranscriptionVerbose:
    """Return verbose_json; the language is the first utterance's, as ISO 639-1."""
    return TranscriptionVerbose(
        text=joined(finals),
        language=next((final.language for final in finals), asked.config().language),
        duration=round(duration_s, 3),
        segments=[_segment(i, final) for i, final in enumerate(finals)]
        if asked.with_segments
        else None,
        words=[_word(word) for final in finals for word in final.words]
        if asked.with_words
        else None,
        usage=Usage(seconds=round(duration_s, 3), type="duration"),
    )


def srt(finals: Sequence[pb.Final]) -> str:
    """Return SubRip subtitles."""
    return "".join(
        f"{i}\n{_clock(final.start_ms, ',')} --> {_clock(final.end_ms, ',')}\n{_line(final)}\n\n"
        for i, final in enumerate(finals, 1)
    )


def vtt(finals: Sequence[pb.Final]) -> str:
    """Return WebVTT subtitles."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(final.start_ms, '.')} --> {_clock(final.end_ms, '.')}\n{_line(final)}\n\n"
        for final in finals
    )


def _line(final: pb.Final) -> str:
    # A blank line or an arrow would end the cue.
    return " ".join(final.text.split()).replace("-->", "->")


def _clock(ms: float, point: str) -> str:
    seconds, ms = divmod(round(ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _segment(number: int, final: pb.Final) -> TranscriptionSegment:
    text = final.text.encode()
    return TranscriptionSegment(
        id=number,
        start=final.start_ms / 1000,
        end=final.end_ms / 1000,
        text=final.text.strip(),
        avg_logprob=math.log(final.probability) if final.probability > 0 else _UNKNOWN_LOGPROB,
        compression_ratio=len(text) / len(zlib.compress(text)),
        no_speech_prob=0.0,
        seek=round(final.start_ms / 1000 * _SEEKS_A_SECOND),
        temperature=0.0,
        tokens=[],
    )


def _word(word: pb.Word) -> TranscriptionWord:
    return TranscriptionWord(
        word=word.text.strip(), start=word.start_ms / 1000, end=word.end_ms / 1000
    )
