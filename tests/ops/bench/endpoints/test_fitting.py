"""Weights from pauses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from antiphon.errors import InvalidInput
from ops.bench.endpoints.fitting import SENTENCE_COUNTS, examples, fit, fit_held_out
from ops.bench.endpoints.rows import Kind
from ops.bench.endpoints.turns import Heard
from tests.ops.bench.endpoints.made import end, inside, pause

HEARD = [
    *(inside(2000, "ann", probability=p, longest_pause_ms=900.0) for p in (0.1, 0.2, 0.9)),
    *(inside(1600, "bob", probability=p) for p in (0.1, 0.3)),
    *(end("ann", probability=p) for p in (0.6, 0.9, 0.95)),
    *(end("cid", probability=p) for p in (0.2, 0.99)),
]


def test_what_no_policy_can_cut_and_what_says_nothing_teaches_nothing() -> None:
    unheard = Heard(end().row, ())
    assert examples([inside(1300), inside(text="..."), unheard], shortest_ms=360) == []


def test_a_pause_between_sentences_counts_less() -> None:
    row = replace(inside().row, kind=Kind.SENTENCE)
    (found,) = examples([Heard(row, (pause(),))], shortest_ms=360)
    assert (found.counts, found.goes_on, found.residual_ms) == (SENTENCE_COUNTS, True, 640)


def test_weights_say_what_the_pauses_say() -> None:
    weights = fit(examples(HEARD, shortest_ms=400))
    assert weights.per_log_odds < 0 < weights.per_pause_s
    assert weights.residual_ms == pytest.approx((3 * 600 + 2 * 200) / 5)
    assert weights.log_odds(0.99, 0) < 0 < weights.log_odds(0.1, 900)


def test_twice_as_many_of_one_outcome_do_not_tip_the_scales() -> None:
    ends = [one for one in HEARD if one.row.kind is Kind.END]
    once, twice = (fit(examples(more, 400)) for more in (HEARD, [*HEARD, *ends]))
    assert twice.bias == pytest.approx(once.bias, abs=0.2)  # uncorrected: 0.7 apart


def test_a_speaker_has_no_say_in_the_own_weights() -> None:
    found = fit_held_out(examples(HEARD, 400))
    others = [one for one in HEARD if one.row.speaker != "ann"]
    assert found.keys() == {"ann", "bob", "cid"}
    assert found["ann"] == fit(examples(others, 400))


def test_one_outcome_alone_cannot_be_fitted() -> None:
    with pytest.raises(InvalidInput, match="too few"):
        fit(examples([end()], 400))
    with pytest.raises(InvalidInput, match="too few"):
        fit(examples([inside()], 400))
