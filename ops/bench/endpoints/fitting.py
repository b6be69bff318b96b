"""Fits the weights of `server.floor.odds` to labelled pauses. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import InvalidInput
from ops.bench.endpoints.rows import Kind
from ops.bench.endpoints.turns import Heard
from server.floor.odds import Weights, features
from server.floor.transcript import words

# After such a pause too the speaker goes on, and yet an answer would not be out of place.
SENTENCE_COUNTS = 0.25
RIDGE = 0.1
STEPS = 50

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One pause that was still going on at the shortest wait: who was silent, and what came of it."""

    speaker: str
    features: tuple[float, float]
    counts: float
    residual_ms: float | None  # how much longer it lasts; None where it is the end

    @property
    def goes_on(self) -> bool:
        """Whether its speaker spoke again."""
        return self.residual_ms is not None


def examples(heard: Sequence[Heard], shortest_ms: float) -> list[Example]:
    """Return what the weights are fitted to. A pause that no policy can cut teaches nothing."""
    return [found for one in heard if (found := _example(one, shortest_ms)) is not None]


def fit(found: Sequence[Example]) -> Weights:
    """Return the weights, with those who go on and those who are done counted alike.

    Logistic regression by Newton's method, with a ridge on all but the bias. The rest of a pause is
    taken for exponential, so its mean is the estimate.
    """
    goes_on = np.array([one.goes_on for one in found])
    if not goes_on.any() or goes_on.all():
        raise InvalidInput(
            "too few pauses to fit weights to: take turns that end and turns that go on, of two speakers "
            "or more"
        )
    counts = np.array([one.counts for one in found])
    balanced = np.where(goes_on, 0.5 / counts[goes_on].sum(), 0.5 / counts[~goes_on].sum())
    balanced *= counts * counts.sum()
    inputs = np.array([(1.0, *one.features) for one in found])
    bias, per_log_odds, per_pause_s = _logistic(inputs, goes_on.astype(float), balanced)
    residuals = [one.residual_ms for one in found if one.residual_ms is not None]
    residual_ms = float(np.average(residuals, weights=counts[goes_on]))
    return Weights(bias, per_log_odds, per_pause_s, residual_ms)


def fit_held_out(found: Sequence[Example]) -> Mapping[str, Weights]:
    """Return for each speaker the weights that are fitted to all others."""
    speakers = {one.speaker for one in found}
    return {speaker: fit([one for one in found if one.speaker != speaker]) for speaker in speakers}


def _example(heard: Heard, shortest_ms: float) -> Example | None:
    if not heard.pauses or not words(heard.pauses[-1].evidence.text):
        return None
    row, pause = heard.row, heard.pauses[-1]
    inputs = features(pause.evidence.probability, pause.evidence.longest_pause_ms)
    if row.kind is Kind.END:
        return Example(row.speaker, inputs, 1.0, None)
    residual_ms = min(pause.until_ms, row.end_ms) - pause.end_ms - shortest_ms
    if residual_ms <= 0:
        return None
    counts = SENTENCE_COUNTS if row.kind is Kind.SENTENCE else 1.0
    return Example(row.speaker, inputs, counts, residual_ms)


def _logistic(inputs: Array, outcomes: Array, counts: Array) -> tuple[float, float, float]:
    weights = np.zeros(inputs.shape[1])
    ridge = RIDGE * np.eye(inputs.shape[1])
    ridge[0, 0] = 0.0
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (counts * (expected - outcomes)) + ridge @ weights
        spread = counts * expected * (1 - expected)
        weights -= np.linalg.solve((inputs * spread[:, None]).T @ inputs + ridge, slope)
    bias, per_log_odds, per_pause_s = (float(weight) for weight in weights)
    return bias, per_log_odds, per_pause_s
