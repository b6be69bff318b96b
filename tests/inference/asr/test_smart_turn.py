"""The end-of-turn model."""

from __future__ import annotations

import numpy as np
import pytest

from inference.asr.smart_turn import WINDOW_SAMPLES, SmartTurn, features
from tests.inference.asr.hearing import as_float, clip
from tests.weights import weights


def test_features_are_of_the_end_of_the_turn_with_silence_before() -> None:
    random = np.random.default_rng(0).standard_normal(12 * 16_000).astype(np.float32)
    assert features(random).shape == (80, 800)
    assert np.array_equal(features(random), features(random[-WINDOW_SAMPLES:]))
    short = features(random[:16_000])
    assert short[:, :690].std(axis=1).max() < 1e-6 < short[:, 710:].std(axis=1).min()


def test_silence_has_features() -> None:
    assert np.isfinite(features(np.zeros(0, np.float32))).all()


@pytest.mark.model
def test_a_whole_sentence_is_more_of_an_end_than_half_of_it() -> None:
    turn = SmartTurn(weights("smart-turn-v3.2"))
    speech = as_float(clip("librispeech_test_other/3005-163389-0000.wav"))
    whole, half = turn.probability(speech), turn.probability(speech[: len(speech) // 2])
    assert 0 <= half < 0.5 < whole <= 1
