from __future__ import annotations

from pathlib import Path

import pytest

from models.convert.record import Conversion, read_conversion
from models.pins import Pin

RECORD = Conversion("join-parts", 2, {"a.part1": "a" * 64}, {"a": Pin("b" * 64, 7)})


def test_a_record_is_kept(tmp_path: Path) -> None:
    RECORD.write(tmp_path)
    assert read_conversion(tmp_path) == RECORD


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"converter": 1, "outputs": {"a": 1}}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "conversion.json").write_text(text)
    assert read_conversion(tmp_path) is None


def test_a_folder_without_a_record_has_none(tmp_path: Path) -> None:
    assert read_conversion(tmp_path) is None
