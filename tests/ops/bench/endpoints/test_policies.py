"""The policies that are measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.bench.endpoints.policies import HandSet, ModelAlone, baselines, held_out, ours
from server.floor.endpointing import DEFAULT, PRESETS, SemanticEndpointing
from server.floor.odds import FITTED, Weights
from tests.ops.bench.endpoints.made import EVIDENCE, ROW


@pytest.mark.parametrize(("probability", "wait_ms"), [(0.5, 200), (0.49, 800), (None, 800)])
def test_a_model_alone_is_believed(probability: float | None, wait_ms: float) -> None:
    evidence = replace(EVIDENCE, probability=probability)
    assert ModelAlone(0.5, 800).wait_ms(evidence) == wait_ms


@pytest.mark.parametrize(
    ("known", "wait_ms"),
    [
        ({}, 360),
        ({"probability": None}, 700),
        ({"probability": 0.1}, 1500),
        ({"text": "I want a"}, 1500),
        ({"text": ""}, 1500),
        ({"longest_pause_ms": 1000.0}, 1200),
    ],
)
def test_rules_of_thumb(known: dict[str, object], wait_ms: float) -> None:
    assert HandSet().wait_ms(replace(EVIDENCE, **known)) == wait_ms  # type: ignore[arg-type]


def test_ours_are_the_presets_and_theirs_are_not() -> None:
    assert ours().keys() == PRESETS.keys()
    assert not baselines().keys() & ours().keys()


def test_each_speaker_is_judged_with_the_weights_of_the_others() -> None:
    weights = Weights(1, 2, 3, 4)
    policy_of = held_out(PRESETS[DEFAULT], {"ann": weights})
    assert policy_of(ROW) == SemanticEndpointing(PRESETS[DEFAULT], weights)
    assert policy_of(replace(ROW, speaker="bob")) == SemanticEndpointing(PRESETS[DEFAULT], FITTED)
