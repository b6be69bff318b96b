"""What a dashboard is, before Grafana's JSON is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Grafana's names of the units in use."""

    SECONDS = "s"
    SHARE = "percentunit"
    BYTES = "bytes"
    A_MINUTE = "cpm"
    A_SECOND = "cps"
    COUNT = "short"


class Look(StrEnum):
    """How a panel is drawn."""

    LINES = "lines"
    STACK = "stack"  # one on the other: what they are parts of is the upper edge
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Query:
    """One line, or one a label value; `legend` names it, `{{label}}` in it is the label's value.

    `quiet` says why it may be zero, or may have no value, in a run in which nothing is amiss.
    """

    promql: str
    legend: str = ""
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: what it shows, and what to do where it looks wrong.

    `limits` are drawn as lines, in the panel's unit. `gpu`: empty where there is no GPU. `width` is in
    Grafana's columns, of which there are 24.
    """

    title: str
    shows: str
    runbook: str
    queries: tuple[Query, ...]
    unit: Unit = Unit.COUNT
    look: Look = Look.LINES
    limits: tuple[float, ...] = ()
    gpu: bool = False
    width: int = 8


@dataclass(frozen=True, slots=True)
class Section:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `uid` is its address in Grafana and the name of its file."""

    uid: str
    title: str
    sections: tuple[Section, ...]

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Every panel, in the order of reading."""
        return tuple(panel for section in self.sections for panel in section.panels)
