"""Grafana's JSON of the dashboards: `ops/generate` writes it, and a check compares. Pure but for that.

The form is Grafana's dashboard schema 39, of Grafana 10.4; later ones migrate it by themselves.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.observability.board import Board, Look, Panel, Query
from ops.observability.boards import conversations, engines, machine
from ops.settings import REPOSITORY

BOARDS: tuple[Board, ...] = (conversations.BOARD, engines.BOARD, machine.BOARD)
FOLDER = REPOSITORY / "ops/observability/grafana/dashboards"
SCHEMA = 39
# Of provisioning/datasources/prometheus.yml.
SOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS = 24
PANEL_ROWS = 8
# A rate needs two scrapes; the shortest has twelve of them, 5 s apart.
WINDOWS = ("1m", "5m", "15m", "1h")
DEFAULT_WINDOW = "5m"
# A gap of one missed scrape is none; longer, and nobody was there to be measured.
BRIDGED_MS = 60_000

Json = dict[str, Any]


def files() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {f"{board.uid}.json": json.dumps(_board(board), indent=1) + "\n" for board in BOARDS}


def differences(folder: Path = FOLDER) -> list[str]:
    """Return what is amiss with what is committed."""
    expected = files()
    found = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return [
        f"{name} is not what ops/observability/boards describes: run ops/generate"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def main(folder: Path = FOLDER) -> None:
    """Write the files, and remove those of dashboards that are gone."""
    for path in folder.glob("*.json"):
        path.unlink()
    for name, text in files().items():
        (folder / name).write_text(text, "utf-8")


def _board(board: Board) -> Json:
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["antiphon"],
        "schemaVersion": SCHEMA,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [_others()],
        "templating": {"list": [_window()]},
        "panels": _laid_out(board),
    }


def _others() -> Json:
    return {
        "type": "dashboards",
        "title": "Antiphon",
        "tags": ["antiphon"],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
    }


def _window() -> Json:
    options = [_option(window) for window in WINDOWS]
    return {
        "type": "interval",
        "name": "window",
        "label": "over",
        "query": ",".join(WINDOWS),
        "auto": False,
        "refresh": 2,
        "options": options,
        "current": _option(DEFAULT_WINDOW),
    }


def _option(window: str) -> Json:
    return {"text": window, "value": window, "selected": window == DEFAULT_WINDOW}


def _laid_out(board: Board) -> list[Json]:
    """Return headings and panels, left to right; a row of them is full at `COLUMNS`."""
    laid: list[Json] = []
    y = 0
    for section in board.sections:
        laid.append(_heading(section.title, len(laid) + 1, y))
        x, y = 0, y + 1
        for panel in section.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, y + PANEL_ROWS
            laid.append(_panel(panel, len(laid) + 1, x, y))
            x += panel.width
        y += PANEL_ROWS
    return laid


def _heading(title: str, number: int, y: int) -> Json:
    place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
    return {
        "type": "row",
        "id": number,
        "title": title,
        "collapsed": False,
        "gridPos": place,
        "panels": [],
    }


def _panel(panel: Panel, number: int, x: int, y: int) -> Json:
    return {
        "type": "timeseries",
        "id": number,
        "title": panel.title,
        "description": f"{panel.shows}\n\n**Runbook:** {panel.runbook}",
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": PANEL_ROWS},
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [_target(query, index) for index, query in enumerate(panel.queries)],
    }


def _defaults(panel: Panel) -> Json:
    stacked, stepped = panel.look is Look.STACK, panel.look is Look.STEPS
    return {
        "unit": panel.unit.value,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": _steps(panel.limits)},
        "custom": {
            "drawStyle": "line",
            "lineInterpolation": "stepAfter" if stepped else "linear",
            "lineWidth": 1,
            "fillOpacity": 60 if stacked else 8,
            "showPoints": "never",
            "spanNulls": BRIDGED_MS,
            "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if panel.limits else "off"},
        },
    }


def _steps(limits: tuple[float, ...]) -> list[Json]:
    colours = ("orange", "red")[-len(limits) :] if limits else ()
    steps: list[Json] = [{"color": "green", "value": None}]
    return steps + [{"color": c, "value": v} for c, v in zip(colours, limits, strict=True)]


def _target(query: Query, index: int) -> Json:
    return {
        "refId": chr(ord("A") + index),
        "datasource": SOURCE,
        "expr": query.promql,
        "legendFormat": query.legend,
        "range": True,
    }


if __name__ == "__main__":
    main()
