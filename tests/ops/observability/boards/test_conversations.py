from __future__ import annotations

from ops.observability.board import Look
from ops.observability.boards.conversations import BOARD, GOAL_S
from tests.ops.observability.boards.whole import faults


def test_it_is_whole() -> None:
    assert faults(BOARD) == []


def test_the_hops_are_parts_of_the_mean_answer() -> None:
    (panel,) = (panel for panel in BOARD.panels if panel.look is Look.STACK)
    assert panel.limits == GOAL_S
    # Over the answers, not over those that had the hop: else the upper edge would not be voice to voice.
    (query,) = panel.queries
    assert query.promql == (
        "sum by (hop) (rate(antiphon_hop_seconds_sum[$window])) / on () group_left () "
        "sum(rate(antiphon_voice_to_voice_seconds_count[$window]))"
    )
