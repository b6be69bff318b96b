"""What a piece of an utterance turned out to be, and the messages that tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from antiphon.audio import RECOGNITION_RATE_HZ
from antiphon.timing import Timing
from antiphon.v1 import common_pb2, recognizer_pb2
from antiphon.v1.recognizer_pb2 import RecognizeResponse
from inference.asr.engine import Alternative, Speech, Word
from inference.asr.gates import is_said
from inference.asr.job import Decoded
from inference.asr.transcript import join


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece put into words; its words are timed in ms of the stream.

    Its `tokens`, 0 where that is not known, have this average log-probability.
    """

    text: str
    language: str
    words: tuple[Word, ...]
    timing: Timing
    end_of_turn: float | None = None
    tokens: int = 0
    average_log_probability: float = 0.0
    alternatives: tuple[Alternative, ...] = ()


def believe(decoded: Decoded, speech: Speech) -> Heard:
    """Return what was decoded of `speech`, without words where they are not to be believed."""
    hypothesis = decoded.hypothesis
    if not is_said(hypothesis, speech.voiced_ms):
        return Heard("", hypothesis.language, (), decoded.timing)
    words = tuple(_shifted(word, speech.start_ms) for word in hypothesis.words)
    return Heard(
        hypothesis.text,
        hypothesis.language,
        words,
        decoded.timing,
        tokens=hypothesis.tokens,
        average_log_probability=hypothesis.average_log_probability,
        alternatives=hypothesis.alternatives,
    )


def _shifted(word: Word, by_ms: float) -> Word:
    return replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms)


def milliseconds(position: int) -> float:
    """Return a position in samples as ms of the stream."""
    return position * 1000 / RECOGNITION_RATE_HZ


def text_of(pieces: Sequence[Heard]) -> str:
    """Return the text of an utterance, in the language that its last piece was heard in."""
    return join([piece.text for piece in pieces], pieces[-1].language)


def started(at: int) -> RecognizeResponse:
    """Tell that an utterance opened."""
    return RecognizeResponse(speech_started=recognizer_pb2.SpeechStarted(start_ms=milliseconds(at)))


def hushed(at: int, text: str = "") -> RecognizeResponse:
    """Tell that there has been no voice for a moment, since `at`, and what was said where that is known."""
    event = recognizer_pb2.SpeechHushed(end_ms=milliseconds(at), text=text)
    return RecognizeResponse(speech_hushed=event)


def resumed(at: int) -> RecognizeResponse:
    """Tell that a hush or a pause was not the end."""
    return RecognizeResponse(speech_resumed=recognizer_pb2.SpeechResumed(start_ms=milliseconds(at)))


def partial(text: str, stable_chars: int, end: int) -> RecognizeResponse:
    """Tell what was said so far, up to `end`."""
    event = recognizer_pb2.Partial(text=text, stable_chars=stable_chars, audio_ms=milliseconds(end))
    return RecognizeResponse(partial=event)


def pause(at: int, pieces: Sequence[Heard]) -> RecognizeResponse:
    """Tell a pause: the voice ended at `at`, and `pieces` are what was said."""
    last = pieces[-1]
    event = recognizer_pb2.Pause(
        end_ms=milliseconds(at),
        text=text_of(pieces),
        end_of_turn_probability=last.end_of_turn,
        timing=_timing(last.timing),
    )
    return RecognizeResponse(pause=event)


def final(start: int, end: int, pieces: Sequence[Heard], *, from_pause: bool) -> RecognizeResponse:
    """Tell the end of an utterance from `start` to `end`."""
    last = pieces[-1]
    event = recognizer_pb2.Final(
        text=text_of(pieces),
        words=[_word(word) for piece in pieces for word in piece.words],
        language=last.language,
        start_ms=milliseconds(start),
        end_ms=milliseconds(end),
        from_pause=from_pause,
        timing=_timing(last.timing),
        end_of_turn_probability=last.end_of_turn,
        probability=_probability(pieces),
        alternatives=_alternatives(pieces),
    )
    return RecognizeResponse(final=event)


def nothing(at: int) -> RecognizeResponse:
    """Answer a `FinishUtterance` that found no utterance open."""
    return RecognizeResponse(
        final=recognizer_pb2.Final(start_ms=milliseconds(at), end_ms=milliseconds(at))
    )


def _probability(pieces: Sequence[Heard]) -> float:
    """Return the geometric mean of the tokens' probabilities; 0 where there are none, or it is not known."""
    tokens = sum(piece.tokens for piece in pieces if piece.text)
    if not tokens:
        return 0.0
    total = sum(piece.tokens * piece.average_log_probability for piece in pieces if piece.text)
    return min(exp(total / tokens), 1.0)


def _alternatives(pieces: Sequence[Heard]) -> list[recognizer_pb2.Alternative]:
    if len(pieces) > 1:
        return []
    return [
        recognizer_pb2.Alternative(
            text=other.text, probability=min(exp(other.average_log_probability), 1.0)
        )
        for other in pieces[0].alternatives
    ]


def _word(word: Word) -> recognizer_pb2.Word:
    return recognizer_pb2.Word(
        text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, probability=word.probability
    )


def _timing(timing: Timing) -> common_pb2.Timing:
    return common_pb2.Timing(queue_ms=timing.queue_ms, compute_ms=timing.compute_ms)
