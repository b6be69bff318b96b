"""What is asked of every dashboard."""

from __future__ import annotations

from collections import Counter

from ops.observability.board import Board
from ops.observability.grafana_json import BOARDS, COLUMNS


def faults(board: Board) -> list[str]:
    """Return what is amiss with the panels of a dashboard, which must be one that is written."""
    found = [] if board in BOARDS else [f"{board.uid} is not written"]
    for panel in board.panels:
        sentences = all(
            line.endswith(".") and "\n" not in line for line in (panel.shows, panel.runbook)
        )
        legends = Counter(query.legend for query in panel.queries)
        if not sentences:
            found.append(f"{panel.title}: needs one line of what it shows, and one of what to do")
        if not legends or "" in legends or max(legends.values()) > 1:
            found.append(f"{panel.title}: needs queries, each with a name of its own")
        if not 0 < panel.width <= COLUMNS:
            found.append(f"{panel.title}: is {panel.width} columns wide")
    return found
