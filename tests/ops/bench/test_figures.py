from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bench.figures import flat, percentiles, rounded, string_keys, table


def test_percentiles_are_named_by_rank() -> None:
    assert percentiles(range(101)) == {"p50": 50.0, "p95": 95.0}
    assert percentiles([1.0, 2.0], (0, 50, 100)) == {"p0": 1.0, "p50": 1.5, "p100": 2.0}
    assert percentiles([]) == {}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_percentiles_are_in_order_and_within_the_samples(samples: list[float]) -> None:
    found = percentiles(samples, (5, 50, 95))
    assert min(samples) - 0.001 <= found["p5"] <= found["p50"] <= found["p95"]
    assert found["p95"] <= max(samples) + 0.001


def test_a_figure_has_three_decimals() -> None:
    assert rounded(1.23456) == 1.235


def test_number_keys_are_strings() -> None:
    figures: dict[Any, Any] = {"ttft": {8: {"p50": 1.0}}, 10: 0.3}
    assert string_keys(figures) == {"ttft": {"8": {"p50": 1.0}}, "10": 0.3}


def test_nested_figures_have_dotted_names() -> None:
    figures = {"ttft": {"8": {"p50": 1.0, "p95": 2.0}}, "wer": 13.2}
    assert dict(flat(figures)) == {"ttft.8.p50": 1.0, "ttft.8.p95": 2.0, "wer": 13.2}


@pytest.mark.parametrize(
    ("figures", "shown"),
    [
        ({}, ""),
        ({"wer": 13.2, "n": {"all": 213}}, "wer    13.2\nn.all   213"),
        ({"ratio": 0.5004, "none": None, "name": "x"}, "ratio  0.5\nnone     -\nname     x"),
    ],
)
def test_a_table_is_aligned(figures: dict[str, Any], shown: str) -> None:
    assert table(figures) == shown
