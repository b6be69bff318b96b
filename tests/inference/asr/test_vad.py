"""Silero on real speech."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Int16
from inference.asr.detector import CHUNK_SAMPLES
from inference.asr.vad import Silero, Voice
from tests.inference.asr.hearing import clip
from tests.weights import weights


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero(weights("silero-vad"))


def heard(voice: Voice, samples: Int16) -> list[float]:
    whole = len(samples) // CHUNK_SAMPLES * CHUNK_SAMPLES
    return [voice.probability(chunk) for chunk in samples[:whole].reshape(-1, CHUNK_SAMPLES)]


@pytest.mark.model
def test_speech_is_voice_and_silence_is_not(silero: Silero) -> None:
    speech = clip("librispeech_test_other/3005-163389-0000.wav")
    probabilities = np.array(heard(silero.listen(), speech))
    assert 0.6 < (probabilities >= 0.5).mean() <= 1
    assert max(heard(silero.listen(), np.zeros(160_000, np.int16))) < 0.1


@pytest.mark.model
def test_streams_do_not_hear_each_other(silero: Silero) -> None:
    speech = clip("librispeech_test_other/3005-163389-0004.wav")[: 40 * CHUNK_SAMPLES]
    alone = heard(silero.listen(), speech)
    one, other = silero.listen(), silero.listen()
    beside = []
    for chunk in speech.reshape(-1, CHUNK_SAMPLES):
        beside += [one.probability(chunk)]
        other.probability(chunk[::-1])
    assert beside == alone


@pytest.mark.model
def test_remembers_what_came_before(silero: Silero) -> None:
    speech = clip("librispeech_test_other/3005-163389-0004.wav")
    later = speech[20 * CHUNK_SAMPLES : 40 * CHUNK_SAMPLES]
    assert heard(silero.listen(), speech)[20:40] != heard(silero.listen(), later)


@pytest.mark.model
def test_speech_after_ten_minutes_of_silence_is_heard(silero: Silero) -> None:
    voice = silero.listen()
    heard(voice, np.zeros(600 * 16_000, np.int16))
    speech = clip("librispeech_test_other/3005-163389-0000.wav")
    assert (np.array(heard(voice, speech)) >= 0.5).mean() > 0.6
