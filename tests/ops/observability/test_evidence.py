from __future__ import annotations

import asyncio
from math import isnan
from typing import Any

from ops.observability.answers import Sums
from ops.observability.board import Board, Panel, Query, Section
from ops.observability.evidence import RUN_WINDOW, STEP_S, Evidence, Questioner, Seen
from ops.observability.prometheus import Prometheus, Series
from ops.observability.rules import Alert

ANSWERS = {
    "sum by (hop) (antiphon_hop_seconds_sum)": [("final", 3.0), ("playout", 1.0)],
    "sum by (hop) (antiphon_hop_seconds_count)": [("final", 10.0), ("playout", 10.0)],
    "sum by (none) (antiphon_voice_to_voice_seconds_sum)": [("", 4.0)],
    "sum by (none) (antiphon_voice_to_voice_seconds_count)": [("", 10.0)],
    "histogram_quantile(0.5, sum by (le) (antiphon_voice_to_voice_seconds_bucket))": [("", 0.35)],
}


class Made(Prometheus):
    """Answers as it was made to."""

    def __init__(self, answers: dict[str, list[tuple[str, float]]]) -> None:
        self.answers = answers
        self.over: list[tuple[str, float, float, float]] = []

    async def range(self, promql: str, begin_s: float, end_s: float, step_s: float) -> list[Series]:
        self.over.append((promql, begin_s, end_s, step_s))
        return [Series({}, (begin_s,), (1.0,))]

    async def now(self, promql: str) -> list[Series]:
        return [
            Series({"hop": name} if name else {}, (1.0,), (value,))
            for name, value in self.answers.get(promql, [])
        ]

    async def rules(self) -> list[dict[str, Any]]:
        return [
            {"name": "Good", "health": "ok"},
            {"name": "Bad", "health": "err", "lastError": "many-to-many"},
        ]


def gather(prometheus: Made) -> Evidence:
    card = Panel("Card", "", "", (Query("gpu"),), gpu=True)
    panel = Panel("Waits", "", "", (Query("rate(a[$window])"), Query("b", quiet="rare")))
    alerts = [Alert("Late", "c > 1", "warning", "", "")]
    boards = [Board("u", "t", (Section("s", (panel, card)),))]
    questioner = Questioner(prometheus, 10.0, 70.0)
    return asyncio.run(questioner.all(boards, alerts, Seen([400.0])))


def test_every_query_is_asked_over_the_run() -> None:
    made = Made(ANSWERS)
    found = gather(made)
    asked = [f"rate(a[{RUN_WINDOW}])", "b", "gpu", "c"]
    assert made.over == [(promql, 10.0, 70.0, STEP_S) for promql in asked]
    assert [(one.where, one.quiet != "", one.gpu) for one in found.asked] == [
        ("panel Waits", False, False),
        ("panel Waits", True, False),
        ("panel Card", False, True),
        ("alert Late", True, False),
    ]


def test_hops_and_the_whole_are_counted() -> None:
    found = gather(Made(ANSWERS))
    assert found.hops == {"final": Sums(3.0, 10.0), "playout": Sums(1.0, 10.0)}
    assert found.whole == Sums(4.0, 10.0)
    assert found.median_s == 0.35


def test_where_nothing_was_counted_there_is_nothing() -> None:
    found = gather(Made({}))
    assert (found.hops, found.whole) == ({}, Sums(0, 0))
    assert isnan(found.median_s)


def test_a_rule_that_cannot_be_evaluated_is_told() -> None:
    assert gather(Made({})).refused == ["alert Bad: Prometheus cannot evaluate it: many-to-many"]
