"""A caller's `RecognizeConfig` as checked values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from antiphon.audio import RECOGNITION_RATE_HZ, Encoding, check_rate
from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import RecognizeConfig
from inference.asr.endpointer import PREROLL_MS, Rules
from inference.asr.engine import Phrase, Script
from inference.asr.settings import (
    MAX_PARTIAL_MS,
    MAX_SILENCE_MS,
    MIN_PARTIAL_MS,
    MIN_SILENCE_MS,
    AsrSettings,
)

# As the contract has it.
MAX_PHRASES = 100
MAX_PHRASE_CHARS = 200
MAX_BOOST = 20.0
MAX_ALTERNATIVES = 10
MAX_PREROLL_MS = 5000

ENCODINGS = {
    common_pb2.AUDIO_ENCODING_PCM_S16LE: Encoding.PCM_S16LE,
    common_pb2.AUDIO_ENCODING_PCM_F32LE: Encoding.PCM_F32LE,
    common_pb2.AUDIO_ENCODING_MULAW: Encoding.MULAW,
    common_pb2.AUDIO_ENCODING_ALAW: Encoding.ALAW,
}


@dataclass(frozen=True, slots=True)
class Listening:
    """How one stream is to be listened to."""

    encoding: Encoding
    rate_hz: int
    rules: Rules
    language: str = ""
    partial_samples: int = 0  # between partials; 0: none
    first_partial_samples: int = 0  # of an utterance, before its first partial
    word_times: bool = False
    hushes: bool = False  # whether they are told
    script: Script | None = None
    phrases: tuple[Phrase, ...] = ()
    max_alternatives: int = 0


def read_config(config: RecognizeConfig, settings: AsrSettings) -> Listening:
    """Return what `config` asks for; raise `InvalidInput` that names what it cannot ask for."""
    encoding = ENCODINGS.get(config.audio.encoding)
    if encoding is None:
        known = ", ".join(common_pb2.AudioEncoding.Name(value) for value in ENCODINGS)
        raise InvalidInput(
            f"audio encoding {config.audio.encoding} is not known; send one of {known}",
            reason="ENCODING",
        )
    return Listening(
        encoding=encoding,
        rate_hz=check_rate(config.audio.sample_rate_hz),
        rules=_rules(config, settings),
        language=config.language,
        partial_samples=_samples(settings.partial_interval_ms) if config.partials else 0,
        first_partial_samples=_samples(_first_partial_ms(config, settings)),
        word_times=config.word_times,
        hushes=config.hushes,
        script=_script(config),
        phrases=_phrases(config),
        max_alternatives=_max_alternatives(config),
    )


def check_capabilities(listening: Listening, capabilities: Collection[str]) -> None:
    """Raise `Unsupported` where `listening` takes what the engine has not."""
    needed = {
        "word_times": listening.word_times,
        "phrases": bool(listening.phrases),
        "alternatives": listening.max_alternatives > 0,
    }
    for name, is_needed in needed.items():
        if is_needed and name not in capabilities:
            raise Unsupported(
                f"the engine has no {name}; leave it out of the configuration", capability=name
            )


def _rules(config: RecognizeConfig, settings: AsrSettings) -> Rules:
    start, stop = _voice_probabilities(config, settings)
    return Rules(
        start_probability=start,
        stop_probability=stop,
        hush_ms=settings.hush_ms,
        pause_ms=settings.pause_ms,
        silence_ms=_silence_ms(config, settings),
        preroll_ms=_preroll_ms(config),
    )


def _voice_probabilities(config: RecognizeConfig, settings: AsrSettings) -> tuple[float, float]:
    """Return how likely voice must be to begin and to go on: one to the other as they are set to be."""
    if not config.HasField("voice_threshold"):
        return settings.vad_start, settings.vad_stop
    asked = config.voice_threshold
    if not 0 <= asked <= 1:  # NaN compares with nothing
        raise InvalidInput(f"voice_threshold {asked} is outside 0 to 1", reason="VOICE_THRESHOLD")
    share = settings.vad_stop / settings.vad_start if settings.vad_start else 1.0
    return asked, min(asked * share, 1.0)


def _preroll_ms(config: RecognizeConfig) -> float:
    if not config.HasField("preroll_ms"):
        return PREROLL_MS
    if config.preroll_ms > MAX_PREROLL_MS:
        raise InvalidInput(
            f"preroll_ms {config.preroll_ms} is over {MAX_PREROLL_MS}", reason="PREROLL_MS"
        )
    return config.preroll_ms


def _silence_ms(config: RecognizeConfig, settings: AsrSettings) -> float | None:
    match config.WhichOneof("endpointing"):
        case "external":
            return None
        case "silence":
            silence_ms = config.silence.silence_ms
            if not MIN_SILENCE_MS <= silence_ms <= MAX_SILENCE_MS:
                raise InvalidInput(
                    f"silence_ms {silence_ms} is outside {MIN_SILENCE_MS} to {MAX_SILENCE_MS}",
                    reason="SILENCE_MS",
                )
            return silence_ms
        case _:
            return settings.silence_ms


def _first_partial_ms(config: RecognizeConfig, settings: AsrSettings) -> float:
    asked_ms = config.first_partial_ms
    if asked_ms and not MIN_PARTIAL_MS <= asked_ms <= MAX_PARTIAL_MS:
        raise InvalidInput(
            f"first_partial_ms {asked_ms} is outside {MIN_PARTIAL_MS} to {MAX_PARTIAL_MS}",
            reason="FIRST_PARTIAL_MS",
        )
    return asked_ms or settings.partial_interval_ms


def _phrases(config: RecognizeConfig) -> tuple[Phrase, ...]:
    if len(config.phrases) > MAX_PHRASES:
        raise InvalidInput(
            f"{len(config.phrases)} phrases; send at most {MAX_PHRASES}", reason="PHRASES"
        )
    return tuple(
        _phrase(number, phrase.text, phrase.boost)
        for number, phrase in enumerate(config.phrases)
        if phrase.text.strip()
    )


def _phrase(number: int, text: str, boost: float) -> Phrase:
    if len(text) > MAX_PHRASE_CHARS:
        raise InvalidInput(
            f"phrase {number} has {len(text)} characters; {MAX_PHRASE_CHARS} are the most",
            reason="PHRASES",
        )
    if not 0 <= boost <= MAX_BOOST:  # NaN compares with nothing
        raise InvalidInput(
            f"the boost of phrase {number} is {boost}; 0 to {MAX_BOOST} are allowed", reason="BOOST"
        )
    return Phrase(text, boost)


def _max_alternatives(config: RecognizeConfig) -> int:
    if config.max_alternatives > MAX_ALTERNATIVES:
        raise InvalidInput(
            f"max_alternatives {config.max_alternatives} is over {MAX_ALTERNATIVES}",
            reason="MAX_ALTERNATIVES",
        )
    return config.max_alternatives


def _script(config: RecognizeConfig) -> Script | None:
    if not config.HasField("simulation"):
        return None
    return Script(config.simulation.text, config.simulation.voiced_ms)


def _samples(ms: float) -> int:
    return int(ms * RECOGNITION_RATE_HZ / 1000)
