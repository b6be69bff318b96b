from __future__ import annotations

from math import nan

import pytest

from ops.observability.answers import Asked, Shown, Sums, hops_fault, hops_ratio, legend
from ops.observability.board import Panel, Query
from ops.observability.prometheus import Series


def series(*values: float, **labels: str) -> Series:
    return Series(labels, tuple(map(float, range(len(values)))), values)


@pytest.mark.parametrize(
    ("found", "quiet", "fault"),
    [
        ([series(0, nan, 2)], "", ""),
        ([series(0), series(1)], "", ""),
        ([], "", "panel A: no data for q"),
        ([series()], "rare", "panel A: no data for q"),
        ([series(nan), series(nan, nan)], "rare", "panel A: no data for q"),
        ([series(nan, 0), series(0)], "", "panel A: 0 throughout: q"),
        ([series(nan, 0)], "rare", ""),
    ],
)
def test_an_answer_needs_a_value(found: list[Series], quiet: str, fault: str) -> None:
    assert Asked("panel A", "q", found, quiet).fault == fault


def test_lines_are_named_as_in_grafana() -> None:
    query = Query("q", "{{engine}} {{kind}}")
    shown = Shown(Panel("p", "", "", (query,)), [(query, [series(1, engine="llm", kind="lost")])])
    assert list(shown.lines) == ["llm lost"]
    assert legend("p95 {{none}}", {}) == "p95 "


@pytest.mark.parametrize(
    ("hops", "fault"),
    [
        ({"a": Sums(30, 10), "b": Sums(70, 10)}, ""),
        ({"a": Sums(30, 10), "b": Sums(66, 10)}, ""),
        ({"a": Sums(30, 10), "b": Sums(64, 10)}, "are together 0.940 of voice to voice (10000 ms)"),
        ({"a": Sums(30, 10), "b": Sums(76, 10)}, "(a 3000, b 7600 ms)"),
        # Half of the answers have no second hop: its mean is of the others alone.
        ({"a": Sums(30, 10), "b": Sums(70, 5)}, "together 1.700"),
        ({}, "together 0.000"),
    ],
)
def test_the_hops_are_the_whole(hops: dict[str, Sums], fault: str) -> None:
    found = hops_fault(hops, Sums(100, 10))
    assert fault in found and bool(fault) == bool(found)


def test_without_an_answer_there_is_nothing_to_compare() -> None:
    assert "nobody was answered" in hops_fault({"a": Sums(0, 0)}, Sums(0, 0))
    assert hops_ratio({"a": Sums(1, 1)}, Sums(0, 0)) == 0
