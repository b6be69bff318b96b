from __future__ import annotations

from ops.observability.board import Board, Panel, Query, Section


def test_panels_come_in_the_order_of_reading() -> None:
    panels = [Panel(name, "", "", (Query("x"),)) for name in "abc"]
    board = Board("u", "t", (Section("1", tuple(panels[:1])), Section("2", tuple(panels[1:]))))
    assert [panel.title for panel in board.panels] == ["a", "b", "c"]
