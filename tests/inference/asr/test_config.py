"""What a caller may ask for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from antiphon.audio import Encoding
from antiphon.errors import InvalidInput, Unsupported
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import (
    Phrase,
    RecognizeConfig,
    SilenceEndpointing,
    Simulation,
)
from inference.asr import engine
from inference.asr.config import ENCODINGS, check_capabilities, read_config
from inference.asr.endpointer import PREROLL_MS
from inference.asr.engine import Script
from inference.asr.settings import AsrSettings

SETTINGS = AsrSettings(silence_ms=700, partial_interval_ms=250)
PCM = common_pb2.AUDIO_ENCODING_PCM_S16LE


def asked(encoding: int = PCM, rate_hz: int = 16_000, **values: object) -> RecognizeConfig:
    audio = common_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz)  # type: ignore[arg-type]
    return RecognizeConfig(audio=audio, **values)  # type: ignore[arg-type]


def test_defaults() -> None:
    listening = read_config(asked(), SETTINGS)
    assert listening.rules.silence_ms == 700
    assert (listening.language, listening.partial_samples, listening.script) == ("", 0, None)


def test_all_that_can_be_asked() -> None:
    listening = read_config(
        asked(
            common_pb2.AUDIO_ENCODING_MULAW,
            8000,
            language="de",
            partials=True,
            word_times=True,
            hushes=True,
            silence=SilenceEndpointing(silence_ms=300),
            simulation=Simulation(text="hello", voiced_ms=400),
            phrases=[Phrase(text="Sherburn", boost=20), Phrase(text=" "), Phrase(text="x" * 200)],
            max_alternatives=10,
        ),
        SETTINGS,
    )
    assert (listening.encoding, listening.rate_hz) == (Encoding.MULAW, 8000)
    assert (listening.partial_samples, listening.word_times, listening.hushes) == (4000, True, True)
    assert listening.rules.silence_ms == 300
    assert listening.script == Script("hello", 400)
    assert listening.phrases == (engine.Phrase("Sherburn", 20), engine.Phrase("x" * 200))
    assert listening.max_alternatives == 10


def test_the_first_partial_may_be_sooner_than_later_ones() -> None:
    assert read_config(asked(partials=True), SETTINGS).first_partial_samples == 4000
    sooner = read_config(asked(partials=True, first_partial_ms=200), SETTINGS)
    assert (sooner.first_partial_samples, sooner.partial_samples) == (3200, 4000)


@pytest.mark.parametrize(
    ("start", "stop", "asked_for", "expected"),
    [
        (0.5, 0.35, None, (0.5, 0.35)),
        (0.4, 0.2, None, (0.4, 0.2)),
        (0.5, 0.35, 0.8, (0.8, 0.56)),
        (0.4, 0.2, 0.8, (0.8, 0.4)),
        (0.5, 0.35, 0.0, (0.0, 0.0)),
        (0.5, 0.35, 1.0, (1.0, 0.7)),
        # Settings that make little sense still give probabilities.
        (0.0, 0.35, 0.8, (0.8, 0.8)),
        (0.2, 0.4, 0.8, (0.8, 1.0)),
    ],
)
def test_what_is_voice_may_be_asked_for_and_what_keeps_it_going_is_in_proportion(
    start: float, stop: float, asked_for: float | None, expected: tuple[float, float]
) -> None:
    settings = AsrSettings(vad_start=start, vad_stop=stop)
    rules = read_config(asked(voice_threshold=asked_for), settings).rules
    assert (rules.start_probability, rules.stop_probability) == pytest.approx(expected)


@pytest.mark.parametrize(("asked_ms", "expected"), [(None, PREROLL_MS), (0, 0), (5000, 5000)])
def test_how_much_belongs_to_an_utterance_before_it_may_be_asked_for(
    asked_ms: int | None, expected: float
) -> None:
    assert read_config(asked(preroll_ms=asked_ms), SETTINGS).rules.preroll_ms == expected


def test_external_endpointing_has_no_silence() -> None:
    config = asked()
    config.external.SetInParent()
    assert read_config(config, SETTINGS).rules.silence_ms is None


def test_every_encoding_of_the_contract_but_unspecified() -> None:
    assert set(ENCODINGS) == set(common_pb2.AudioEncoding.values()) - {0}


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (RecognizeConfig(), "ENCODING"),
        (asked(encoding=0), "ENCODING"),
        (asked(encoding=77), "ENCODING"),
        (asked(rate_hz=0), "SAMPLE_RATE"),
        (asked(rate_hz=7999), "SAMPLE_RATE"),
        (asked(rate_hz=96_000), "SAMPLE_RATE"),
        (asked(silence=SilenceEndpointing(silence_ms=0)), "SILENCE_MS"),
        (asked(silence=SilenceEndpointing(silence_ms=99)), "SILENCE_MS"),
        (asked(silence=SilenceEndpointing(silence_ms=5001)), "SILENCE_MS"),
        (asked(first_partial_ms=99), "FIRST_PARTIAL_MS"),
        (asked(first_partial_ms=5001), "FIRST_PARTIAL_MS"),
        (asked(phrases=[Phrase(text="a")] * 101), "PHRASES"),
        (asked(phrases=[Phrase(text="a" * 201)]), "PHRASES"),
        (asked(phrases=[Phrase(text="a", boost=-1)]), "BOOST"),
        (asked(phrases=[Phrase(text="a", boost=20.1)]), "BOOST"),
        (asked(phrases=[Phrase(text="a", boost=math.inf)]), "BOOST"),
        (asked(phrases=[Phrase(text="a", boost=math.nan)]), "BOOST"),
        (asked(max_alternatives=11), "MAX_ALTERNATIVES"),
        (asked(voice_threshold=-0.1), "VOICE_THRESHOLD"),
        (asked(voice_threshold=1.1), "VOICE_THRESHOLD"),
        (asked(voice_threshold=math.nan), "VOICE_THRESHOLD"),
        (asked(preroll_ms=5001), "PREROLL_MS"),
    ],
)
def test_refusals(config: RecognizeConfig, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_config(config, SETTINGS)
    assert refusal.value.reason == reason


def test_a_refusal_tells_no_phrase() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_config(asked(phrases=[Phrase(text="secret" * 40)]), SETTINGS)
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"word_times": True}, "word_times"),
        ({"phrases": [Phrase(text="a")]}, "phrases"),
        ({"max_alternatives": 1}, "alternatives"),
    ],
)
def test_what_the_engine_has_not_is_refused(values: dict[str, Any], missing: str) -> None:
    listening = read_config(asked(**values), SETTINGS)
    check_capabilities(listening, [missing])
    with pytest.raises(Unsupported, match=missing) as refusal:
        check_capabilities(listening, {"word_times", "phrases", "alternatives"} - {missing})
    assert refusal.value.reason == "CAPABILITY_MISSING"
    assert refusal.value.metadata == {"capability": missing}


def test_what_is_not_asked_is_not_needed() -> None:
    check_capabilities(read_config(asked(), SETTINGS), [])
