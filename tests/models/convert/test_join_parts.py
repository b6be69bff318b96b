from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.convert.join_parts import join_parts
from models.pins import pin_of
from tests.models.shelf import real_model, write

# Of model.bin in the hub's repository Systran/faster-whisper-base.
WHISPER_BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def folder(path: Path) -> Path:
    return write(path, {})


def test_parts_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    parts = {f"model.bin.part{number}": bytes([number]) for number in range(1, 12)}
    source = write(tmp_path / "parts", {**parts, "config.json": b"{}"})
    target = folder(tmp_path / "whole")
    join_parts(source, target)
    assert (target / "model.bin").read_bytes() == bytes(range(1, 12))
    assert (target / "config.json").read_bytes() == b"{}"
    assert sorted(path.name for path in target.iterdir()) == ["config.json", "model.bin"]


@pytest.mark.parametrize("numbers", [[2], [0, 1], [1, 3]])
def test_a_missing_part_is_told(tmp_path: Path, numbers: list[int]) -> None:
    source = write(tmp_path / "parts", {f"a.part{number}": b"x" for number in numbers})
    with pytest.raises(Misconfigured, match=r"the parts of a are numbered .*; one is missing"):
        join_parts(source, folder(tmp_path / "whole"))


@pytest.mark.model
def test_whisper_is_what_its_makers_published(tmp_path: Path) -> None:
    join_parts(real_model("whisper-base-parts"), tmp_path)
    assert pin_of(tmp_path / "model.bin").sha256 == WHISPER_BASE_SHA256
