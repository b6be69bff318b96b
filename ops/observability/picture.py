"""Plots of what Prometheus answered to the panels of a dashboard, laid out as Grafana lays them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.observability.answers import Shown
from ops.observability.board import Look, Panel, Unit
from ops.observability.prometheus import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 3
PANEL_INCHES = (4.6, 2.5)
DPI = 72
# A picture of lines has few colours; with so many it takes a third of the space.
COLOURS = 64
# As many as a panel's legend has room for.
MOST_NAMED = 8
# For the legend.
HEADROOM = 1.25

Scaled = tuple[float, str]
SCALES: dict[Unit, Scaled] = {
    Unit.SECONDS: (1000.0, "ms"),
    Unit.SHARE: (100.0, "%"),
    Unit.BYTES: (1 / 2**20, "MiB"),
    Unit.A_MINUTE: (1.0, "a minute"),
    Unit.A_SECOND: (1.0, "a second"),
    Unit.COUNT: (1.0, ""),
}


def draw(title: str, shown: Sequence[Shown], begin_s: float, path: Path) -> None:
    """Draw panels into a PNG; the time axis begins at `begin_s`."""
    # Imported here: half a second that only a picture needs.
    from matplotlib.figure import Figure

    rows = -(-len(shown) // COLUMNS)
    size = (COLUMNS * PANEL_INCHES[0], rows * PANEL_INCHES[1] + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    figure.supxlabel("seconds of the run", fontsize=8)
    places = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, one in zip(places, shown, strict=False):
        _panel(axes, one, begin_s)
    for axes in places[len(shown) :]:
        axes.set_axis_off()
    _save(figure.savefig, path)


def times_and_values(one: Series, begin_s: float, scale: float) -> tuple[list[float], list[float]]:
    """Return a line's points; a value that is none is a gap."""
    values = [value * scale if isfinite(value) else nan for value in one.values]
    return [at_s - begin_s for at_s in one.times_s], values


def busiest(lines: dict[str, Series]) -> list[str]:
    """Return the names of the lines with the largest values, and none that is 0 throughout."""
    largest = {name: max(map(_size, one.values), default=0.0) for name, one in lines.items()}
    named = sorted((name for name in lines if largest[name] > 0), key=lambda name: -largest[name])
    return named[:MOST_NAMED]


def stacked(
    lines: dict[str, Series], begin_s: float, scale: float
) -> tuple[list[float], list[list[float]]]:
    """Return the times at which any line has a value, and each line's values there; none is 0."""
    times = sorted({at_s for one in lines.values() for at_s in one.times_s})
    rows = []
    for one in lines.values():
        known = dict(zip(one.times_s, one.values, strict=True))
        rows.append([_size(known.get(at_s, 0.0)) * scale for at_s in times])
    return [at_s - begin_s for at_s in times], rows


def _panel(axes: Axes, shown: Shown, begin_s: float) -> None:
    panel, lines = shown.panel, shown.lines
    scale, unit = SCALES[panel.unit]
    named = busiest(lines)
    if panel.look is Look.STACK:
        _stack(axes, {name: lines[name] for name in lines if name in named}, begin_s, scale)
    else:
        _lines(axes, panel, lines, named, begin_s, scale)
    for limit in panel.limits:
        axes.axhline(limit * scale, color="tab:red", linestyle="--", linewidth=0.8)
    axes.set_title(panel.title, fontsize=9)
    axes.set_ylabel(unit, fontsize=7)
    axes.set_ylim(0, axes.get_ylim()[1] * HEADROOM)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)
    if named:
        axes.legend(fontsize=6, loc="upper left", ncols=2)


def _stack(axes: Axes, lines: dict[str, Series], begin_s: float, scale: float) -> None:
    times, rows = stacked(lines, begin_s, scale)
    axes.stackplot(times, rows, labels=list(lines), alpha=0.8)


def _lines(
    axes: Axes,
    panel: Panel,
    lines: dict[str, Series],
    named: Sequence[str],
    begin_s: float,
    scale: float,
) -> None:
    style: dict[str, Any] = {"linewidth": 1.2}
    if panel.look is Look.STEPS:
        style["drawstyle"] = "steps-post"
    # Where all is nil, that is what there is to see.
    for name in named or lines:
        axes.plot(*times_and_values(lines[name], begin_s, scale), label=name, **style)


def _size(value: float) -> float:
    return value if isfinite(value) else 0.0


def _save(save: Callable[..., None], path: Path) -> None:
    from PIL import Image

    drawn = BytesIO()
    save(drawn, format="png", dpi=DPI)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(path, optimize=True)
