"""Cut-offs and delays."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from ops.bench.endpoints.rows import Kind
from ops.bench.endpoints.scores import always, commit_ms, figures, is_cut, share_of_best
from ops.bench.endpoints.turns import Heard
from server.floor.endpointing import FixedSilence
from tests.ops.bench.endpoints.made import ROW, end, inside, pause


@pytest.mark.parametrize(("silence_ms", "cut"), [(0, True), (999, True), (1000, False)])
def test_a_commit_before_speech_resumed_cuts_it_off(silence_ms: float, cut: bool) -> None:
    assert is_cut(inside(), FixedSilence(silence_ms)) is cut


def test_a_pause_is_over_where_the_label_says_however_late_the_voice_is_found() -> None:
    heard = Heard(ROW, (pause(until_ms=2300),))
    assert not is_cut(heard, FixedSilence(1100))
    assert not is_cut(Heard(ROW, ()), FixedSilence(0))


def test_any_of_the_pauses_that_were_told_may_be_the_cut() -> None:
    heard = Heard(ROW, (pause(1000, 1100), pause(1200, 2000)))
    assert is_cut(heard, FixedSilence(700))


def test_a_turn_is_not_ended_before_its_pause_is_told() -> None:
    assert commit_ms(end(), FixedSilence(100)) == 192
    assert commit_ms(end(), FixedSilence(500)) == 500
    assert commit_ms(Heard(ROW, ()), FixedSilence(500)) is None


def test_figures_are_shares_by_kind_and_times_of_ends() -> None:
    sentence = Heard(replace(ROW, kind=Kind.SENTENCE, style=""), (pause(),))
    phone = Heard(replace(ROW, style="dual-channel phone"), (pause(until_ms=1300),))
    found = figures([inside(), phone, sentence, end()], always(FixedSilence(500)))
    assert found["cutoff_share"] == 0.5
    assert found["sentence_share"] == 1
    assert found["phone_cutoff_share"] == 0
    assert found["commit_ms"] == {"mean": 500, "p50": 500, "p95": 500}
    assert found["by_style"]["other"] == {"sentence_share": 1}
    assert found["by_style"]["spontaneous"]["cutoff_share"] == 1


def test_only_baselines_that_are_as_quick_are_compared_with() -> None:
    def policy(share: float, p50: float) -> dict[str, object]:
        return {"cutoff_share": share, "commit_ms": {"p50": p50}}

    found = {"ours": policy(0.1, 400), "a": policy(0.5, 300), "b": policy(0.4, 400)}
    found["slow"] = policy(0.01, 401)
    assert share_of_best(found, "ours", ["a", "b", "slow"]) == 0.25
    assert share_of_best(found, "ours", ["slow"]) is None


def test_ends_are_pauses_that_never_end() -> None:
    assert end().pauses[0].until_ms == inf
