"""Reading labelled pauses."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import InvalidInput, NotFound
from ops.bench.endpoints.rows import PAUSES, Kind, load_rows

COLUMNS = "file\tpause_start_s\tpause_end_s\tkind\tuncertain\tturn_start_s\tleft\tspeaker\tstyle\n"


def written(folder: Path, *rows: str) -> Path:
    (folder / PAUSES).write_text(COLUMNS + "".join(f"{row}\n" for row in rows))
    return folder


def test_times_count_from_the_start_of_the_turn_and_quotes_are_text(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        'a.wav\t2.5\t3\tinside\t0\t0.5\tI said "no\tann\tdual-channel phone',
        "b.wav\t1\t2\tend\t1\t0\t\tbob\tshort",
        "b.wav\t3\t4\tend\t0\t0\t\tbob\tshort",
    )
    first, second = load_rows(folder)
    assert (first.start_ms, first.end_ms, first.kind) == (2000, 2500, Kind.INSIDE)
    assert first.is_phone
    assert (second.start_ms, second.speaker, second.is_phone) == (3000, "bob", False)


def test_a_folder_without_pauses_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--data"):
        load_rows(tmp_path)
    with pytest.raises(InvalidInput, match="uncertain"):
        load_rows(written(tmp_path))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.wav\t1\t2\tlunch\t0\t0\t\tann\tx", "lunch"),
        ("a.wav\tone\t2\tend\t0\t0\t\tann\tx", "one"),
        ("a.wav\t1\t2\tend\t0\t0\t\tann", "style"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=f"line 2.*{told}"):
        load_rows(written(tmp_path, row))
