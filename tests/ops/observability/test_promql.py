from __future__ import annotations

import pytest

from ops.observability import promql


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (promql.rate("a_total"), "sum(rate(a_total[$window]))"),
        (promql.rate("a_total", ["x", "y"]), "sum by (x, y) (rate(a_total[$window]))"),
        (promql.a_minute("a_total"), "60 * sum(rate(a_total[$window]))"),
        (promql.total("a", ["x"]), "sum by (x) (a)"),
        (promql.mean("h"), "sum(rate(h_sum[$window])) / sum(rate(h_count[$window]))"),
        (
            promql.quantile(0.95, "h", ["x"]),
            "histogram_quantile(0.95, sum by (le, x) (rate(h_bucket[$window])))",
        ),
        (
            promql.within("0.75", "h"),
            'sum(rate(h_bucket{le="0.75"}[$window])) / sum(rate(h_count[$window]))',
        ),
        (promql.share("a", "b"), "sum(rate(a[$window])) / sum(rate(b[$window]))"),
        (
            promql.share("a", "b", ["x"]),
            "sum by (x) (rate(a[$window])) / on () group_left () sum(rate(b[$window]))",
        ),
    ],
)
def test_written(written: str, expected: str) -> None:
    assert written == expected
