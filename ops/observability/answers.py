"""What Prometheus answered, and whether it is what a panel or an alert needs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from ops.observability.board import Panel, Query
from ops.observability.prometheus import Series

# MEASURES' bound on how far the hops' sum may be from the whole.
TOLERATED_SHARE = 0.05
LABEL = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query, where it stands, and what came of it; `gpu`: it needs a card."""

    where: str
    promql: str
    series: Sequence[Series]
    quiet: str = ""
    gpu: bool = False

    @property
    def fault(self) -> str:
        """What is amiss; nothing where the answer has a value."""
        values = [value for one in self.series for value in one.values if isfinite(value)]
        if not values:
            return f"{self.where}: no data for {self.promql}"
        if not self.quiet and not any(values):
            return f"{self.where}: 0 throughout: {self.promql}"
        return ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel and the answers to its queries."""

    panel: Panel
    answers: Sequence[tuple[Query, Sequence[Series]]]

    @property
    def lines(self) -> dict[str, Series]:
        """Its lines by their names, as Grafana would name them."""
        return {
            legend(query.legend, one.labels): one for query, found in self.answers for one in found
        }


@dataclass(frozen=True, slots=True)
class Sums:
    """What a histogram counted: seconds in all, and how many."""

    seconds: float
    count: float

    @property
    def mean_s(self) -> float:
        """Seconds each; 0 where there was none."""
        return self.seconds / self.count if self.count else 0.0


def legend(template: str, labels: Mapping[str, str]) -> str:
    """Return the name of a line: `{{label}}` is the label's value."""
    return LABEL.sub(lambda found: labels.get(found[1], ""), template)


def hops_fault(hops: Mapping[str, Sums], whole: Sums) -> str:
    """Return what is amiss with the hops: their means' sum is to be the mean of the whole."""
    if not whole.count:
        return "nobody was answered: there is no voice to voice to compare the hops' sum with"
    ratio = hops_ratio(hops, whole)
    if abs(ratio - 1) <= TOLERATED_SHARE:
        return ""
    parts = ", ".join(f"{name} {sums.mean_s * 1000:.0f}" for name, sums in hops.items())
    return f"the hops ({parts} ms) are together {ratio:.3f} of voice to voice ({whole.mean_s * 1000:.0f} ms)"


def hops_ratio(hops: Mapping[str, Sums], whole: Sums) -> float:
    """Return the sum of the hops' means over the mean of the whole."""
    return sum(sums.mean_s for sums in hops.values()) / whole.mean_s if whole.mean_s else 0.0
