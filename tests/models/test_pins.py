from __future__ import annotations

from pathlib import Path

import pytest

from models.pins import Pin, fault, pin_of
from tests.models.shelf import sha256

DATA = b"weights" * 100
HASH = sha256(DATA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "model.bin"
    found.write_bytes(DATA)
    return found


def test_a_pin_is_hash_and_size(path: Path) -> None:
    assert pin_of(path) == Pin(HASH, len(DATA))


@pytest.mark.parametrize(
    ("sha", "size"), [(HASH, len(DATA)), (HASH, None), (None, len(DATA)), (None, None)]
)
def test_what_is_as_pinned_has_no_fault(path: Path, sha: str | None, size: int | None) -> None:
    assert fault(path, sha, size) is None


def test_a_flipped_bit_is_told_with_both_hashes(path: Path) -> None:
    flipped = bytes([DATA[0] ^ 1]) + DATA[1:]
    path.write_bytes(flipped)
    told = fault(path, HASH, len(DATA))
    assert told == f"is corrupt: its SHA-256 is {sha256(flipped)} instead of {HASH}"


def test_a_wrong_size_is_told(path: Path) -> None:
    assert fault(path, HASH, 1) == f"has {len(DATA)} bytes instead of 1"


def test_a_file_that_is_not_there_is_told(path: Path, tmp_path: Path) -> None:
    assert fault(tmp_path / "none", HASH, None) == "is missing"
    assert fault(tmp_path, None, None) == "is missing"
