"""Turns, and which of their pauses are the labelled ones."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ
from ops.bench.endpoints.rows import Kind
from ops.bench.endpoints.turns import assign, audio, turns
from tests.ops.bench.endpoints.made import ROW, pause


def test_rows_of_one_turn_are_heard_together_in_order() -> None:
    late, other = replace(ROW, start_ms=3000), replace(ROW, turn_start_s=9.0)
    assert turns([late, other, ROW]) == [[ROW, late], [other]]


def test_after_an_end_comes_the_background_and_nobody_else() -> None:
    clip = np.arange(4 * RECOGNITION_RATE_HZ, dtype=np.int32).astype(np.int16)
    behind = np.full(10, 7, np.int16)
    heard = audio([ROW], clip, behind)
    assert np.array_equal(heard, clip[8000:40000])
    ended = audio([replace(ROW, kind=Kind.END)], clip, behind)
    assert np.array_equal(ended, np.concatenate([heard, behind]))


def test_pauses_that_overlap_the_labelled_one_are_its_own() -> None:
    before, within, across = pause(200, 900), pause(1100, 1500), pause(1900, 2500)
    after = pause(2100, inf)
    assert assign(ROW, [before, within, across, after]).pauses == (within, across)


def test_a_turn_ends_in_its_last_pause_wherever_that_was_heard() -> None:
    ended = replace(ROW, kind=Kind.END)
    assert assign(ended, [pause(200, 900), pause(990, inf)]).pauses == (pause(990, inf),)
    assert assign(ended, []).pauses == ()
