"""The picture of what policies pay."""

from __future__ import annotations

from pathlib import Path

from ops.bench.endpoints.frontier import curves, draw
from tests.ops.bench.endpoints.made import end, inside

HEARD = [inside(1700, probability=0.1), inside(1500), end(), end(probability=0.4)]


def test_the_longer_the_wait_the_fewer_the_cut_offs() -> None:
    for curve in curves(HEARD, {}).values():
        ordered = sorted(curve)
        shares = [share for _, share in ordered]
        assert shares == sorted(shares, reverse=True)


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    draw(HEARD, {}, tmp_path / "floor.png")
    assert (tmp_path / "floor.png").read_bytes().startswith(b"\x89PNG")
