"""What Prometheus answers about a run: to every panel, to every alert, and of the hops' sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

from ops.observability.answers import Asked, Shown, Sums
from ops.observability.board import Board, Panel
from ops.observability.boards.conversations import ANSWER, HOP
from ops.observability.prometheus import Prometheus
from ops.observability.promql import WINDOW
from ops.observability.rules import Alert

# What `$window` is here, with a read each second; and how far an answer's values are apart.
RUN_WINDOW = "20s"
STEP_S = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the callers saw: ms to each answer, calls that ended by themselves, engines that were killed."""

    answered_ms: Sequence[float] = ()
    ended: Counter[str] = field(default_factory=Counter)
    killed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it; `whole` and `median_s` are of voice to voice, `refused` rules that cannot be evaluated."""

    begin_s: float
    shown: Mapping[Board, Sequence[Shown]]
    alerts: Sequence[Asked]
    refused: Sequence[str]
    hops: Mapping[str, Sums]
    whole: Sums
    median_s: float
    seen: Seen

    @property
    def asked(self) -> list[Asked]:
        """Every query of every panel and alert."""
        panels = (one for shown in self.shown.values() for one in shown)
        return [*(asked for one in panels for asked in _queries(one)), *self.alerts]


class Questioner:
    """Asks about the stretch of time from `begin_s` to `end_s`, seconds since the epoch."""

    def __init__(self, prometheus: Prometheus, begin_s: float, end_s: float) -> None:
        self._prometheus = prometheus
        self._begin_s = begin_s
        self._end_s = end_s

    async def all(self, boards: Sequence[Board], alerts: Sequence[Alert], seen: Seen) -> Evidence:
        """Return the answers to everything."""
        return Evidence(
            self._begin_s,
            {board: [await self._panel(panel) for panel in board.panels] for board in boards},
            [await self._alert(alert) for alert in alerts],
            [_refusal(rule) for rule in await self._prometheus.rules() if rule["health"] == "err"],
            await self._sums(HOP, "hop"),
            (await self._sums(ANSWER, "none")).get("", Sums(0, 0)),
            await self._median_s(ANSWER),
            seen,
        )

    async def _panel(self, panel: Panel) -> Shown:
        answers = []
        for query in panel.queries:
            promql = query.promql.replace(WINDOW, RUN_WINDOW)
            found = await self._prometheus.range(promql, self._begin_s, self._end_s, STEP_S)
            answers.append((query, found))
        return Shown(panel, answers)

    async def _alert(self, alert: Alert) -> Asked:
        found = await self._prometheus.range(alert.value, self._begin_s, self._end_s, STEP_S)
        return Asked(f"alert {alert.name}", alert.value, found, QUIET, alert.gpu)

    async def _sums(self, histogram: str, by: str) -> dict[str, Sums]:
        seconds = await self._totals(f"{histogram}_sum", by)
        counts = await self._totals(f"{histogram}_count", by)
        return {name: Sums(seconds[name], count) for name, count in counts.items()}

    async def _median_s(self, histogram: str) -> float:
        buckets = f"sum by (le) ({histogram}_bucket)"
        found = await self._prometheus.now(f"histogram_quantile(0.5, {buckets})")
        return found[0].values[-1] if found else nan

    async def _totals(self, metric: str, by: str) -> dict[str, float]:
        found = await self._prometheus.now(f"sum by ({by}) ({metric})")
        return {one.labels.get(by, ""): one.values[-1] for one in found}


QUIET = "nothing need be amiss"


def _queries(shown: Shown) -> list[Asked]:
    where = f"panel {shown.panel.title}"
    return [
        Asked(where, query.promql, found, query.quiet, shown.panel.gpu)
        for query, found in shown.answers
    ]


def _refusal(rule: Mapping[str, Any]) -> str:
    return f"alert {rule['name']}: Prometheus cannot evaluate it: {rule.get('lastError', '')}"
