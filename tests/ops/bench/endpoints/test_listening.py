"""Turns heard in sample time."""

from __future__ import annotations

import asyncio
from math import inf

import numpy as np
import pytest

from antiphon.audio import Float32, Int16
from antiphon.errors import InvalidInput
from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES
from inference.asr.endpointer import Rules
from inference.asr.engine import About, Hypothesis, Script, Speech
from inference.asr.pace import LIVE_LEAD_S
from ops.bench.endpoints.listening import AtOnce, Pause, listen
from tests.ops.bench.hearing.detectors import LoudIsVoice


class Counting:
    """Says how many ms of voice it hears, and has no script."""

    about = About("counting", ())

    def check(self, language: str, script: Script | None) -> None:
        raise InvalidInput("nothing to check")

    def decode(self, speech: Speech) -> Hypothesis:
        return Hypothesis(f"{speech.voiced_ms:.0f} ms", "en")


class Sure:
    """A model for which every turn is over."""

    def probability(self, samples: Float32) -> float:
        return 0.9


def heard(*chunks: tuple[int, int]) -> list[Pause]:
    """Return the pauses of (voiced, silent) chunks in turn."""
    parts: list[Int16] = []
    for voiced, silent in chunks:
        parts += [np.full(voiced * CHUNK_SAMPLES, 1000, np.int16)]
        parts += [np.zeros(silent * CHUNK_SAMPLES, np.int16)]
    rules = Rules(silence_ms=None)
    return asyncio.run(listen(np.concatenate(parts), Counting(), Sure(), LoudIsVoice(), rules))


def test_each_pause_comes_with_what_was_known_at_it() -> None:
    first, second = heard((20, 20), (10, 40))
    assert first.end_ms == 20 * CHUNK_MS
    assert first.told_ms == 26 * CHUNK_MS
    assert first.until_ms == 40 * CHUNK_MS
    assert first.evidence.text == "640 ms"
    assert first.evidence.probability == pytest.approx(0.9)
    assert (first.evidence.pauses, first.evidence.longest_pause_ms) == (0, 0)
    assert second.until_ms == inf
    assert second.evidence.speech_ms == 30 * CHUNK_MS
    assert (second.evidence.pauses, second.evidence.longest_pause_ms) == (1, 20 * CHUNK_MS)


def test_a_turn_is_live_however_fast_it_is_heard() -> None:
    chunks = int(3 * LIVE_LEAD_S * 1000 / CHUNK_MS)
    [pause] = heard((chunks, 20))
    assert pause.evidence.probability == pytest.approx(0.9)


def test_a_silence_too_short_to_be_told_is_no_pause() -> None:
    assert len(heard((20, 4), (10, 10))) == 1


def test_without_voice_there_is_no_pause() -> None:
    assert heard((0, 30)) == []


def test_the_decoder_is_the_engine() -> None:
    decoder = AtOnce(Counting())
    assert decoder.about.engine == "counting"
    with pytest.raises(InvalidInput):
        decoder.check("en", None)
