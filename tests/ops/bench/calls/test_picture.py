from __future__ import annotations

from pathlib import Path

from ops.bench.calls.picture import answered, draw
from ops.bench.calls.record import Record, Reply
from ops.bench.calls.scores import Played

LAST_MS = 1000.0


def played(*voice_to_voice_ms: float | None) -> list[Played]:
    return [
        Played("a", LAST_MS, Record([] if ms is None else [Reply("r", 0.0, LAST_MS + ms)]))
        for ms in voice_to_voice_ms
    ]


def test_who_got_no_answer_counts() -> None:
    assert answered(played(600.0, 300.0, None, 900.0)) == (
        [0.0, 300.0, 600.0, 900.0],
        [0.0, 0.25, 0.5, 0.75],
    )


def test_a_picture_is_drawn_also_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "turns.png"
    draw(played(300.0, 400.0), [], path)
    assert path.read_bytes().startswith(b"\x89PNG")
