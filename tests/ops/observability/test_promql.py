from __future__ import annotations

from ops.observability import promql


def test_rates() -> None:
    assert promql.rate("a_total") == "sum(rate(a_total[$window]))"
    assert promql.rate("a_total", ["x", "y"]) == "sum by (x, y) (rate(a_total[$window]))"
    assert promql.a_minute("a_total") == "60 * sum(rate(a_total[$window]))"


def test_gauges() -> None:
    assert promql.total("a", ["x"]) == "sum by (x) (a)"


def test_histograms() -> None:
    assert promql.mean("h") == "sum(rate(h_sum[$window])) / sum(rate(h_count[$window]))"
    by_x = "histogram_quantile(0.95, sum by (le, x) (rate(h_bucket[$window])))"
    assert promql.quantile(0.95, "h", ["x"]) == by_x
    within = 'sum(rate(h_bucket{le="0.75"}[$window])) / sum(rate(h_count[$window]))'
    assert promql.within("0.75", "h") == within


def test_shares() -> None:
    assert promql.share("a", "b") == "sum(rate(a[$window])) / sum(rate(b[$window]))"
    by_x = "sum by (x) (rate(a[$window])) / on () group_left () sum(rate(b[$window]))"
    assert promql.share("a", "b", ["x"]) == by_x
