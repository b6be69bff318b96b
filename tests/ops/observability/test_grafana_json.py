from __future__ import annotations

import json
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from ops.observability import grafana_json, rules
from ops.observability.board import Board, Look, Panel, Query, Section, Unit

PANEL = Panel(
    "Waits",
    "How long.",
    "Hurry.",
    (Query("a[$window]", "{{x}}"), Query("b", "b")),
    Unit.SECONDS,
    Look.STACK,
    limits=(0.5, 0.75),
    width=12,
)


def written(monkeypatch: pytest.MonkeyPatch, *panels: Panel) -> dict[str, Any]:
    board = Board("uid", "Title", (Section("One", panels), Section("Two", (PANEL,))))
    monkeypatch.setattr(grafana_json, "BOARDS", (board,))
    found: dict[str, Any] = json.loads(grafana_json.files()["uid.json"])
    return found


def test_a_panel_has_what_grafana_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = written(monkeypatch, PANEL)["panels"][1]
    assert panel["title"] == "Waits"
    assert panel["description"] == "How long.\n\n**Runbook:** Hurry."
    assert [target["expr"] for target in panel["targets"]] == ["a[$window]", "b"]
    assert [target["refId"] for target in panel["targets"]] == ["A", "B"]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] == "s"
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, 0.5, 0.75]
    assert defaults["custom"]["stacking"]["mode"] == "normal"


def test_one_limit_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Panel("a", "b", "c", (Query("d"),), limits=(1.0,))
    steps = written(monkeypatch, one)["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[1:] == [{"color": "red", "value": 1.0}]


def test_panels_fill_rows_and_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = written(monkeypatch, PANEL, PANEL, PANEL)["panels"]
    places = [panel["gridPos"] for panel in laid]
    assert [(place["x"], place["y"]) for place in places] == [
        *((0, 0), (0, 1), (12, 1), (0, 9)),
        *((0, 17), (0, 18)),
    ]
    for one, other in combinations(places, 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart_x or one["y"] + one["h"] <= other["y"]
    ids = [panel["id"] for panel in laid]
    assert all(one < other for one, other in pairwise(ids))


def test_the_window_has_a_default_that_is_one_of_its_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (variable,) = written(monkeypatch, PANEL)["templating"]["list"]
    assert variable["name"] == "window"
    assert [option["value"] for option in variable["options"] if option["selected"]] == ["5m"]


def test_what_is_written_is_current_until_it_changes(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    assert any(
        line.startswith("gone.json is not what") for line in grafana_json.differences(tmp_path)
    )
    grafana_json.main(tmp_path)
    assert grafana_json.differences(tmp_path) == []
    (tmp_path / "antiphon-engines.json").write_text("{}")
    assert grafana_json.differences(tmp_path) == [
        "antiphon-engines.json is not what ops/observability/boards describes: run ops/generate"
    ]


def test_what_is_committed_is_current() -> None:
    assert grafana_json.differences() == []


def test_a_runbook_sends_nobody_to_a_panel_that_is_not_there() -> None:
    titles = [panel.title for board in grafana_json.BOARDS for panel in board.panels]
    assert len(set(titles)) == len(titles)
    runbooks = [alert.runbook for alert in rules.read()]
    named = {name for runbook in runbooks for name in runbook.split('"')[1::2] if name != "..."}
    assert named and named <= set(titles)
