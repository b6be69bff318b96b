"""The few shapes of PromQL that the dashboards are made of. Pure.

`$window` is Grafana's variable for what a rate or a quantile is taken over. No query ends in `or
vector(0)`: zeros that stand for a metric which nobody exports would hide that it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

WINDOW = "$window"


def rate(metric: str, by: Sequence[str] = ()) -> str:
    """Return events a second, summed over what is not in `by`."""
    return _sum(f"rate({metric}[{WINDOW}])", by)


def a_minute(metric: str, by: Sequence[str] = ()) -> str:
    """Return events a minute."""
    return f"60 * {rate(metric, by)}"


def total(metric: str, by: Sequence[str] = ()) -> str:
    """Return a gauge's sum over what is not in `by`."""
    return _sum(metric, by)


def mean(histogram: str, by: Sequence[str] = ()) -> str:
    """Return a histogram's mean."""
    return f"{rate(f'{histogram}_sum', by)} / {rate(f'{histogram}_count', by)}"


def quantile(share: float, histogram: str, by: Sequence[str] = ()) -> str:
    """Return the value under which `share` of a histogram's observations are."""
    return f"histogram_quantile({share:g}, {rate(f'{histogram}_bucket', ('le', *by))})"


def within(bound: str, histogram: str) -> str:
    """Return the share of observations that are at most `bound`, which is one of its buckets."""
    below = rate(f'{histogram}_bucket{{le="{bound}"}}')
    return f"{below} / {rate(f'{histogram}_count')}"


def share(part: str, whole: str, by: Sequence[str] = ()) -> str:
    """Return one counter's rate over another's; with `by`, of each kind of `part`."""
    if not by:
        return f"{rate(part)} / {rate(whole)}"
    return f"{rate(part, by)} / on () group_left () {rate(whole)}"


def _sum(vector: str, by: Sequence[str]) -> str:
    grouped = f" by ({', '.join(by)}) " if by else ""
    return f"sum{grouped}({vector})"
