"""What was heard, in Riva's messages. Pure."""

from __future__ import annotations

from typing import Any

from antiphon.v1 import recognizer_pb2 as pb
from server.riva.languages import primary
from server.riva.protos import asr
from server.riva.recognition_config import Asked

# The only one there is; Riva counts from it, too.
CHANNEL = 1
# What Riva strips; a mark within a word ("3.5", "o'clock", "re-read") is a part of it.
_MARKS = ".,;:?!…\"“”„«»()[]{}¡¿'‘’。、，！？；：「」"  # noqa: RUF001 - they are what is meant


class Transcripts:
    """Riva's results for one request."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def of(self, event: pb.RecognizeResponse) -> Any:
        """Return the `StreamingRecognitionResult` that tells of `event`, or None where nothing does."""
        return self.final(event.final) if event.HasField("final") else self.interim(event)

    def interim(self, event: pb.RecognizeResponse) -> Any:
        """Return the `StreamingRecognitionResult` for an event within an utterance, or None.

        At a pause what was said is decoded: Riva tells that, too, as an interim result of stability 1.
        """
        if not self._asked.partials:
            return None
        match event.WhichOneof("event"):
            case "partial":
                text, audio_ms = event.partial.text, event.partial.audio_ms
                stability = event.partial.stable_chars / max(1, len(text))
            case "pause":
                text, audio_ms, stability = event.pause.text, event.pause.end_ms, 1.0
            case _:
                return None
        shown = self._shown(text)
        if not shown:
            return None
        return asr.StreamingRecognitionResult(
            alternatives=[asr.SpeechRecognitionAlternative(transcript=shown)],
            stability=min(stability, 1.0),
            channel_tag=CHANNEL,
            audio_processed=audio_ms / 1000,
        )

    def final(self, final: pb.Final) -> Any:
        """Return the `StreamingRecognitionResult` of an utterance, or None where no words were said."""
        alternatives = self._alternatives(final)
        if not alternatives:
            return None
        return asr.StreamingRecognitionResult(
            alternatives=alternatives,
            is_final=True,
            stability=1.0,
            channel_tag=CHANNEL,
            audio_processed=final.end_ms / 1000,
        )

    def whole(self, final: pb.Final, audio_s: float) -> Any:
        """Return the `SpeechRecognitionResult` of an utterance in `audio_s` of sound, or None likewise."""
        alternatives = self._alternatives(final)
        if not alternatives:
            return None
        return asr.SpeechRecognitionResult(
            alternatives=alternatives, channel_tag=CHANNEL, audio_processed=audio_s
        )

    def _alternatives(self, final: pb.Final) -> list[Any]:
        first = self._shown(final.text)
        if not first:
            return []
        told = [(first, final.probability)]
        # Without case and marks some are the same as one before.
        for other in final.alternatives:
            text = self._shown(other.text)
            if text and text not in (before for before, _ in told):
                told.append((text, other.probability))
        found = [self._alternative(text, confidence, final) for text, confidence in told]
        found[0].words.extend(self._words(final))
        return found

    def _alternative(self, text: str, confidence: float, final: pb.Final) -> Any:
        # Riva ends each with a space, and its clients join them as they are.
        return asr.SpeechRecognitionAlternative(
            transcript=f"{text} ", confidence=confidence, language_code=self._language(final)
        )

    def _words(self, final: pb.Final) -> list[Any]:
        if not self._asked.words:
            return []
        shown = ((self._shown(word.text), word) for word in final.words)
        return [
            asr.WordInfo(
                word=text,
                start_time=round(word.start_ms),
                end_time=round(word.end_ms),
                confidence=word.probability,
            )
            for text, word in shown
            if text
        ]

    def _language(self, final: pb.Final) -> list[str]:
        asked = self._asked.tag
        if asked and primary(asked) == final.language:
            return [asked]
        return [final.language] if final.language else []

    def _shown(self, text: str) -> str:
        return text.strip() if self._asked.punctuation else bare(text)


def bare(text: str) -> str:
    """Return `text` without capitals and without marks at the ends of words."""
    words = (word.strip(_MARKS) for word in text.lower().split())
    return " ".join(word for word in words if any(map(str.isalnum, word)))
