"""The picture of load."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

from ops.bench.crowd.picture import draw, latencies, shares
from tests.ops.bench.crowd.made import level


def test_its_lines_are_the_figures() -> None:
    levels = [level(1, 400), level(8, 500), level(64, None)]
    assert latencies(levels)["p95"][:2] == [400, 500]
    assert isnan(latencies(levels)["p50"][2])
    assert shares(levels) == {"asr": [0.1] * 3, "server": [0.1] * 3, "generator": [0.1] * 3}


@pytest.mark.parametrize("growing", [False, True])
def test_it_is_drawn(tmp_path: Path, growing: bool) -> None:
    path = tmp_path / "load.png"
    draw([level(1), level(8, None)], path, growing=growing)
    assert path.read_bytes().startswith(b"\x89PNG")
