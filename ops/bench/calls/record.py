"""What a caller of a benchmark hears and is told, and when. Pure; times are ms from its first sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antiphon.audio import Encoding, Int16, decode

RATE_HZ = 24_000
# MEASURES: the first 10 ms above -50 dBFS.
AUDIBLE_DBFS = -50.0
# What is quieter is no voice that begins, but what WebRTC carries while nobody speaks.
NOTHING_DBFS = -80.0
WINDOW_SAMPLES = RATE_HZ // 100


@dataclass(slots=True)
class Reply:
    """One response of the agent."""

    id: str
    created_ms: float
    audible_ms: float | None = None
    # When its voice came: it may begin below what is audible.
    begun_ms: float | None = None
    done: dict[str, Any] | None = None
    done_ms: float | None = None
    # When the caller sent the audio in which the gateway has the end of the turn's speech.
    speech_sent_ms: float | None = None
    _taken_ms: float = 0.0

    def hear(self, audio: Int16, at_ms: float) -> None:
        """Take the next of its audio, which is heard when all before it has been."""
        levels = window_levels_db(audio)
        if self.begun_ms is None:
            if not np.any(levels > NOTHING_DBFS):
                return
            self.begun_ms = at_ms
        heard_ms = max(at_ms, self.begun_ms + self._taken_ms)
        self._taken_ms = heard_ms - self.begun_ms + 1000 * len(audio) / RATE_HZ
        offset_ms = first_audible_ms(audio)
        if offset_ms is not None:
            self.audible_ms = heard_ms + offset_ms

    @property
    def timeline_ms(self) -> dict[str, float]:
        """The gateway's own marks, ms after the arrival of the caller's last voiced audio."""
        return self._measured("timeline_ms")

    @property
    def engines_ms(self) -> dict[str, float]:
        """What the engines took by their own clocks."""
        return self._measured("engines_ms")

    @property
    def speculation(self) -> dict[str, float]:
        """Whether it was begun on trust, and what was begun in vain before it."""
        return self._measured("speculation")

    def _measured(self, name: str) -> dict[str, float]:
        measured: dict[str, float] = (self.done or {}).get("antiphon", {}).get(name, {})
        return measured


@dataclass(slots=True)
class Record:
    """Everything that came back in one call."""

    replies: list[Reply] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stopped_ms: list[float] = field(default_factory=list)
    # (position in the caller's audio, when what ends there was sent), rising.
    sendings_ms: list[tuple[float, float]] = field(default_factory=list)
    speech_sent_ms: float | None = None

    def sent(self, until_ms: float, at_ms: float) -> None:
        """Take that the caller's audio up to the position `until_ms` was sent."""
        self.sendings_ms.append((until_ms, at_ms))

    def audio(self, audio: bytes, at_ms: float) -> None:
        """Take audio of the reply that was announced last."""
        if self.replies and self.replies[-1].audible_ms is None:
            self.replies[-1].hear(decode(audio, Encoding.PCM_S16LE), at_ms)

    def event(self, event: dict[str, Any], at_ms: float) -> None:
        """Take a server event."""
        match event["type"]:
            case "response.created":
                reply = Reply(event["response"]["id"], at_ms, speech_sent_ms=self.speech_sent_ms)
                self.replies.append(reply)
            case "input_audio_buffer.speech_stopped":
                self.speech_sent_ms = self._sending_ms(event["audio_end_ms"])
            case "response.done":
                for reply in self.replies:
                    if reply.id == event["response"]["id"]:
                        reply.done, reply.done_ms = event["response"], at_ms
            case "conversation.item.input_audio_transcription.completed":
                self.heard.append(event["transcript"])
            case "output_audio_buffer.cleared":
                self.stopped_ms.append(at_ms)
            case "error":
                self.problems.append(event["error"]["message"])

    def audible_after(self, at_ms: float) -> Reply | None:
        """Return the first reply that became audible after `at_ms`."""
        for reply in self.replies:
            if reply.audible_ms is not None and reply.audible_ms >= at_ms:
                return reply
        return None

    def audible_before(self, at_ms: float) -> bool:
        """Return whether a reply became audible before `at_ms`."""
        return any(
            reply.audible_ms is not None and reply.audible_ms < at_ms for reply in self.replies
        )

    def _sending_ms(self, position_ms: float) -> float | None:
        """Return when the audio at `position_ms` was sent, None where none was sent that far."""
        return next((at for until, at in self.sendings_ms if until >= position_ms), None)


def first_audible_ms(audio: Int16) -> float | None:
    """Return where the first audible 10 ms of `audio` begin, None where there are none."""
    levels = window_levels_db(audio)
    (loud,) = np.nonzero(levels > AUDIBLE_DBFS)
    return 10.0 * float(loud[0]) if len(loud) else None


def window_levels_db(audio: Int16) -> NDArray[np.float64]:
    """Return the level of each 10 ms of `audio` at 24 kHz, in dB of full scale."""
    windows = audio[: len(audio) // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
    power = np.mean(np.square(windows / 32_768), axis=1, dtype=np.float64)
    return np.asarray(10 * np.log10(power + 1e-12))
