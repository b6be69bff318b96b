from __future__ import annotations

from pathlib import Path

from ops.bench.crowd.meter import Held
from ops.bench.endurance.picture import draw
from ops.bench.endurance.readings import Reading


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    readings = [Reading(n, {"server": Held(2048.0 + n, 17)}) for n in range(3)]
    draw(readings, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").read_bytes().startswith(b"\x89PNG")
