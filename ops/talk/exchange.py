"""What one exchange was: pure bookkeeping over the events and audio that a client receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from antiphon.audio import Int16

RATE_HZ = 24_000
# MEASURES: the reply has started with the first 10 ms above -50 dBFS.
AUDIBLE_DBFS = -50.0
WINDOW_SAMPLES = RATE_HZ // 100


@dataclass(frozen=True, slots=True)
class Partial:
    """A hypothesis while the caller spoke; `at_ms` counts from the first sample sent."""

    at_ms: float
    text: str


@dataclass(slots=True)
class Exchange:
    """One question and its answer. Times are ms from the first sample sent.

    A question with a pause in it may be answered in part: the last reply counts, and it is not the last
    while the caller is still being heard.
    """

    partials: list[Partial] = field(default_factory=list)
    heard: str = ""
    answered: str = ""
    status: str = ""
    problem: str = ""
    timeline_ms: dict[str, float] = field(default_factory=dict)
    speech_ended_ms: float = 0.0
    audible_ms: float | None = None
    responding: bool = False
    replied: bool = False
    _speaking: bool = False
    _audio: list[Int16] = field(default_factory=list)

    @property
    def audio(self) -> Int16:
        """The answer, mono int16 at 24 kHz."""
        return np.concatenate(self._audio) if self._audio else np.zeros(0, np.int16)

    @property
    def complete(self) -> bool:
        """Whether a reply to all that was heard has been heard out, or has failed."""
        return self.replied and not self._speaking

    @property
    def voice_to_voice_ms(self) -> float | None:
        """From the last voiced sample sent to the first audible 10 ms received."""
        return None if self.audible_ms is None else self.audible_ms - self.speech_ended_ms

    def hear(self, audio: Int16, at_ms: float) -> None:
        """Take audio that arrived at `at_ms`."""
        self._audio.append(audio)
        if self.audible_ms is None and _audible(audio):
            self.audible_ms = at_ms

    def take(self, event: dict[str, Any], at_ms: float) -> None:
        """Take a server event that arrived at `at_ms`."""
        match event.get("type"):
            case "conversation.item.input_audio_transcription.delta":
                self.partials.append(Partial(at_ms, event["antiphon"]["text"]))
            case "input_audio_buffer.speech_started":
                self._speaking = True
            case "conversation.item.input_audio_transcription.completed":
                self._end_utterance(event["transcript"])
            case "response.created":
                self._begin_reply()
            case "response.output_audio_transcript.delta":
                self.answered += event["delta"]
            case "response.done":
                self._end_reply(event["response"])
            case "output_audio_buffer.stopped":
                self.replied = True
            case "error":
                self.problem = event["error"]["message"]

    def _end_utterance(self, transcript: str) -> None:
        self._speaking = False
        self.heard = f"{self.heard} {transcript}".strip()
        if transcript.strip():
            self.replied = False

    def _begin_reply(self) -> None:
        self.responding, self.replied = True, False
        self.answered, self.audible_ms = "", None
        self._audio.clear()

    def _end_reply(self, response: dict[str, Any]) -> None:
        self.responding = False
        self.status = response["status"]
        self.timeline_ms = response.get("antiphon", {}).get("timeline_ms", {})
        # A cancelled reply gives way to another one.
        if self.status == "failed" or (self.status != "cancelled" and not self._audio):
            self.replied = True


def _audible(audio: Int16) -> bool:
    whole = len(audio) // WINDOW_SAMPLES * WINDOW_SAMPLES
    if not whole:
        return False
    windows = audio[:whole].reshape(-1, WINDOW_SAMPLES).astype(np.float64)
    rms = np.sqrt(np.square(windows).mean(axis=1)).max() / 32_768
    return bool(rms > 10 ** (AUDIBLE_DBFS / 20))
