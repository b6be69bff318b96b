from __future__ import annotations

from math import inf, isnan, nan
from pathlib import Path

import pytest

from ops.observability.answers import Shown
from ops.observability.board import Look, Panel, Query, Unit
from ops.observability.picture import MOST_NAMED, busiest, draw, stacked, times_and_values
from ops.observability.prometheus import Series

SERIES = Series({"hop": "final"}, (100.0, 101.0, 102.0), (0.5, nan, inf))


def test_what_is_no_number_is_a_gap() -> None:
    times, values = times_and_values(SERIES, 100.0, 1000.0)
    assert times == [0.0, 1.0, 2.0]
    assert values[0] == 500.0 and isnan(values[1]) and isnan(values[2])


def test_a_legend_names_the_largest_and_none_that_is_nil() -> None:
    lines = {str(size): Series({}, (1.0,), (float(size),)) for size in range(12)}
    lines["gap"] = Series({}, (1.0,), (nan,))
    assert busiest(lines) == [str(size) for size in range(11, 11 - MOST_NAMED, -1)]
    assert busiest({"0": lines["0"], "gap": lines["gap"]}) == []


def test_a_stack_has_every_line_at_every_time() -> None:
    lines = {"a": SERIES, "b": Series({}, (99.0, 100.0), (1.0, 2.0))}
    times, rows = stacked(lines, 99.0, 10.0)
    assert times == [0.0, 1.0, 2.0, 3.0]
    assert rows == [[0.0, 5.0, 0.0, 0.0], [10.0, 20.0, 0.0, 0.0]]


@pytest.mark.parametrize("look", list(Look))
def test_a_small_picture_is_drawn(tmp_path: Path, look: Look) -> None:
    query = Query("q", "{{hop}}")
    panel = Panel("Hops", "", "", (query,), Unit.SECONDS, look, limits=(0.5, 0.75))
    empty = Shown(Panel("Nobody", "", "", (query,)), [(query, [])])
    shown = [Shown(panel, [(query, [SERIES])]), empty] * 2
    path = tmp_path / "made" / "board.png"
    draw("Title", shown, 100.0, path)
    drawn = path.read_bytes()
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) < 60_000
