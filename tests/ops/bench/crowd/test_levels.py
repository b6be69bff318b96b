"""Loads as figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ops.bench.crowd.generators import Seen
from ops.bench.crowd.levels import Level, added_ms, door, figures, ratio, refusals
from ops.bench.crowd.meter import Cost
from tests.ops.bench.crowd.made import level, seen, turn

COST = Cost({"asr": 0.1, "server": 0.2}, 130.0, 0.5, 3.0, 0.55)
ONE = Level(1, seen(turn(400, "a"), turn(600, "b")), replace(COST, rss_mb=104.0))
MANY = Level(
    10,
    seen(turn(500, "a"), turn(630, "b"), turn(None, "b"), turn(440, "a", cut_off=True), talking=10),
    COST,
)


def test_the_figures_are_the_last_load_beside_one_session() -> None:
    found = figures([ONE, MANY], idle_mb=100.0)
    assert found["sessions"] == 10
    assert found["voice_to_voice_ms"]["p50"] == 500
    assert found["one_session.voice_to_voice_ms"]["p50"] == 500
    assert found["ratio_to_one"] == pytest.approx(617 / 590, abs=0.001)
    assert found["added_ms"]["p50"] == 40
    assert (found["unanswered_share"], found["cutoff_share"]) == (0.25, 0.25)
    assert found["rss_mb_per_session"] == 3
    assert found["cpu"] == {"asr": 0.1, "server": 0.2, "generator": 0.1, "others": 0.15}
    assert found["loop_lag_ms"] == {"p50": 0.5, "p99": 3.0}
    assert list(found["by_sessions"]) == [1, 10]


def test_without_a_turn_there_is_nothing_to_tell() -> None:
    silent = Level(1, seen(), COST)
    found = figures([silent], idle_mb=100.0)
    assert found["voice_to_voice_ms"] == {}
    assert found["ratio_to_one"] is found["unanswered_share"] is found["cutoff_share"] is None


def test_each_answer_is_compared_with_the_same_question() -> None:
    assert added_ms(MANY, ONE) == [100, 30, 40]
    assert added_ms(ONE, Level(1, seen(turn(None, "a")), COST)) == []


@pytest.mark.parametrize(("value", "base", "found"), [(3.0, 2.0, 1.5), (None, 2.0, None)])
def test_a_ratio_needs_both(value: float | None, base: float | None, found: float | None) -> None:
    assert ratio(value, base) == found
    assert ratio(1.0, None) is ratio(1.0, 0.0) is None


def test_who_found_no_room_is_counted_and_who_talked_is_compared() -> None:
    during = replace(
        seen(turn(660, "a"), turn(600, "b"), turn(None, "b"), turn(None, "a"), talking=1),
        refused_ms=[10.0, 20.0, 30.0],
        admitted=1,
        otherwise=2,
        lost=Counter({"gone": 4}),
    )
    found = refusals(during, replace(ONE, seen=replace(ONE.seen, lost=Counter({"gone": 1}))))
    assert found["refused"] == 3
    assert found["refusal_ms"] == {"p50": 20, "p95": 29, "p100": 30}
    assert (found["let_in_over_capacity"], found["refused_otherwise"]) == (1, 2)
    assert found["admitted_lost"] == 4
    assert found["admitted_unanswered_share"] == 0.5
    assert found["admitted_p95_ratio"] == pytest.approx(657 / 590, abs=0.001)
    assert found["admitted_added_ms"]["p50"] == 130


def test_where_nobody_was_refused_there_is_no_time_to_it() -> None:
    found = door(replace(seen(), admitted=3))
    assert (found["refused"], found["let_in_over_capacity"]) == (0, 3)
    assert found["refusal_ms"] == {"p50": None, "p95": None, "p100": None}


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (level(1), ""),
        (level(1, asr=1.6), "the processor: 2 of 2 cores are the services', and busy, asr 1.60"),
        (level(1, asr=0.9), ""),
        (level(1, server=0.9), "the one core that the gateway's loop has: asr 0.10, server 0.90"),
        (level(1, machine_cpu=0.61), "other work on this machine: it took 0.31 of 2 cores"),
        (level(1, lag_ms=25), "the gateway's loop: 25 ms late"),
    ],
)
def test_what_there_is_no_more_of_is_named(one: Level, word: str) -> None:
    assert one.bounded_by(2, 2).startswith(word)
    assert bool(one.bounded_by(2, 2)) is bool(word)


@pytest.mark.parametrize(
    ("asr", "generator", "busy"), [(2.4, 0.1, False), (2.5, 0.1, True), (2.4, 1.0, False)]
)
def test_callers_on_cores_of_their_own_take_none_of_the_services(
    asr: float, generator: float, busy: bool
) -> None:
    one = replace(level(1, asr=asr), seen=seen(turn(500), cpu=generator))
    assert one.bounded_by(4, 3).startswith("the processor: 3 of 4 cores") is busy
    assert bool(one.bounded_by(4, 3)) is busy


def test_a_generator_that_is_late_is_named() -> None:
    late = replace(level(1), seen=seen(turn(500), late_ms=33.0))
    assert late.bounded_by(2, 2) == "the generator: its loop was 33 ms late (p99)"


def test_audio_that_is_taken_late_is_named() -> None:
    held_up = replace(level(1), seen=seen(turn(500), behind_ms=900.0))
    assert held_up.bounded_by(2, 2).endswith("audio was taken 900 ms late (p99)")


@pytest.mark.parametrize(
    ("saw", "carried"),
    [
        (seen(turn(500), talking=1), True),
        (seen(turn(None), talking=1), False),
        (seen(turn(500), talking=0), False),
        (Seen([turn(500)], 1, 0.1, 1.0, 1.0, Counter({"gone": 1})), True),
    ],
)
def test_a_load_is_carried_when_all_are_there_and_answered(saw: Seen, carried: bool) -> None:
    assert Level(1, saw, COST).carried is carried
