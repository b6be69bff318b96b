"""What a Riva client asks of recognition, as checked values and in the contract's words. Pure."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from math import isfinite
from typing import Any

from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1 import common_pb2
from antiphon.v1 import recognizer_pb2 as pb
from server.riva.languages import primary

# The contract's own bounds.
MIN_SILENCE_MS = 100
MAX_SILENCE_MS = 5000
MAX_PHRASES = 100
MAX_PHRASE_CHARS = 200
MAX_BOOST = 20.0
MAX_OTHERS = 10
# Studio equipment goes no further; a file's own header counts, but a number beyond this is no rate at all.
MAX_DECLARED_HZ = 192_000
# As Riva: more is not a recording of speech.
MAX_CHANNELS = 8


@dataclass(frozen=True, slots=True)
class Declared:
    """What the request says of its audio; `encoding` is one of Riva's numbers, `rate_hz` 0 where not told."""

    encoding: int
    rate_hz: int = 0
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the request asks for; `language` empty: detected, `silence_ms` 0: the service's default."""

    declared: Declared
    tag: str = ""
    language: str = ""
    silence_ms: int = 0
    words: bool = False
    punctuation: bool = False
    others: int = 0
    phrases: tuple[pb.Phrase, ...] = ()
    partials: bool = False

    def wants(self) -> frozenset[str]:
        """Return the capabilities of the recogniser that this makes use of."""
        used = {"phrases": self.phrases, "alternatives": self.others}
        return frozenset(name for name, value in used.items() if value)

    def in_contract(
        self, audio: common_pb2.AudioFormat, capabilities: Container[str]
    ) -> pb.RecognizeConfig:
        """Return it for a recogniser that can do `capabilities`; what it cannot is left out, as Riva does."""
        config = pb.RecognizeConfig(
            audio=audio, language=self.language, partials=self.partials, word_times=self.words
        )
        if self.silence_ms:
            config.silence.silence_ms = self.silence_ms
        if "phrases" in capabilities:
            config.phrases.extend(self.phrases)
        if "alternatives" in capabilities:
            config.max_alternatives = self.others
        return config


def read(config: Any, *, partials: bool = False) -> Asked:
    """Return what Riva's `RecognitionConfig` asks for; raise where it cannot be, or means nothing."""
    return Asked(
        declared=_declared(config),
        tag=config.language_code,
        language=primary(config.language_code),
        silence_ms=_silence_ms(config.endpointing_config),
        words=config.enable_word_time_offsets,
        punctuation=config.enable_automatic_punctuation,
        others=_others(config.max_alternatives),
        phrases=_phrases(config.speech_contexts),
        partials=partials,
    )


def _declared(config: Any) -> Declared:
    rate_hz, channels = config.sample_rate_hertz, config.audio_channel_count
    if not 0 <= rate_hz <= MAX_DECLARED_HZ:
        raise _bad("sample_rate_hertz", rate_hz, "a number of Hz, or 0 with a file", "SAMPLE_RATE")
    if not 0 <= channels <= MAX_CHANNELS:
        raise _bad("audio_channel_count", channels, f"1 to {MAX_CHANNELS}", "CHANNELS")
    if config.enable_separate_recognition_per_channel and channels > 1:
        raise Unsupported(
            "the channels of a recording are not recognised apart; send each as a request of its own",
            param="enable_separate_recognition_per_channel",
        )
    return Declared(config.encoding, rate_hz, max(1, channels))


def _silence_ms(endpointing: Any) -> int:
    # Riva's clients leave -1 where they want the default.
    asked_ms = int(endpointing.stop_history)
    return min(max(asked_ms, MIN_SILENCE_MS), MAX_SILENCE_MS) if asked_ms > 0 else 0


def _others(max_alternatives: int) -> int:
    if max_alternatives < 0:
        raise _bad("max_alternatives", max_alternatives, "0 or more", "ALTERNATIVES")
    return min(max(0, max_alternatives - 1), MAX_OTHERS)


def _phrases(contexts: Any) -> tuple[pb.Phrase, ...]:
    """Return the phrases that are to be heard rather; those that are not to be heard cannot be helped."""
    found: dict[str, float] = {}
    for context in contexts:
        if not isfinite(context.boost):
            raise _bad("boost", context.boost, "a number", "PHRASES")
        if context.boost >= 0:
            for text in context.phrases:
                found[_phrase(text)] = min(context.boost, MAX_BOOST)
    found.pop("", None)
    kept = sorted(found.items(), key=lambda item: -item[1])[:MAX_PHRASES]
    return tuple(pb.Phrase(text=text, boost=boost) for text, boost in kept)


def _phrase(text: str) -> str:
    if len(text) > MAX_PHRASE_CHARS:
        raise InvalidInput(
            f"a phrase of {len(text)} characters is over the {MAX_PHRASE_CHARS} that one may have",
            reason="PHRASES",
            param="speech_contexts",
        )
    return text.strip()


def _bad(name: str, given: float, allowed: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{name} {given} is not {allowed}", reason=reason, param=name)
