from __future__ import annotations

from ops.observability.boards.machine import BOARD
from ops.observability.metric_names import asked
from tests.ops.observability.boards.whole import faults


def test_it_is_whole() -> None:
    assert faults(BOARD) == []


def test_what_needs_a_card_says_so() -> None:
    for panel in BOARD.panels:
        names = {name for query in panel.queries for name in asked(query.promql)}
        assert panel.gpu == any(name.startswith("antiphon_gpu_") for name in names)
