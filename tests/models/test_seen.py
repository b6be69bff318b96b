from __future__ import annotations

import os
from pathlib import Path

import pytest

from models import seen as module
from models.pins import Pin, pin_of
from models.seen import Seen
from tests.models.shelf import sha256

DATA = b"weights" * 100


class Reads:
    """Counts how often a file is read whole."""

    def __init__(self) -> None:
        self.count = 0

    def pin_of(self, path: Path) -> Pin:
        self.count += 1
        return pin_of(path)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    reads = Reads()
    monkeypatch.setattr(module, "pin_of", reads.pin_of)
    return reads


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "model.bin").write_bytes(DATA)
    return folder


def again(root: Path) -> Seen:
    return Seen(root, "small")


def test_a_file_is_read_once_over_processes(tmp_path: Path, model: Path, reads: Reads) -> None:
    first = again(tmp_path)
    assert first.pin(model, "model.bin") == Pin(sha256(DATA), len(DATA))
    first.save()
    assert again(tmp_path).pin(model, "model.bin") == Pin(sha256(DATA), len(DATA))
    assert reads.count == 1


def test_a_file_that_was_written_to_is_read_again(
    tmp_path: Path, model: Path, reads: Reads
) -> None:
    first = again(tmp_path)
    first.pin(model, "model.bin")
    first.save()
    path = model / "model.bin"
    before = path.stat()
    path.write_bytes(DATA[::-1])
    # Not even a program that puts the time back goes unnoticed.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert again(tmp_path).pin(model, "model.bin").sha256 == sha256(DATA[::-1])
    assert reads.count == 2


def test_a_move_of_the_folder_changes_nothing(tmp_path: Path, model: Path, reads: Reads) -> None:
    first = again(tmp_path)
    first.pin(model, "model.bin")
    moved = model.rename(tmp_path / "elsewhere")
    assert first.pin(moved, "model.bin").sha256 == sha256(DATA)
    assert reads.count == 1


def test_what_is_forgotten_is_read_again(tmp_path: Path, model: Path, reads: Reads) -> None:
    seen = again(tmp_path)
    seen.pin(model, "model.bin")
    seen.forget()
    seen.pin(model, "model.bin")
    assert reads.count == 2


def test_faults(tmp_path: Path, model: Path, reads: Reads) -> None:
    seen = again(tmp_path)
    right = sha256(DATA)
    assert seen.fault(model, "model.bin", right, len(DATA)) is None
    assert seen.fault(model, "model.bin", right, None) is None
    assert reads.count == 1
    told = seen.fault(model, "model.bin", "0" * 64, None)
    assert told == f"is corrupt: its SHA-256 is {right} instead of {'0' * 64}"
    assert seen.fault(model, "none", right, None) == "is missing"


def test_a_wrong_size_is_told_without_reading(tmp_path: Path, model: Path, reads: Reads) -> None:
    assert again(tmp_path).fault(model, "model.bin", sha256(DATA), 3) is not None
    assert reads.count == 0


@pytest.mark.parametrize("text", ["", "[]", '{"model.bin": 1}', '{"model.bin": [1, "x"]}', "\xff"])
def test_a_broken_memory_is_an_empty_one(
    tmp_path: Path, model: Path, reads: Reads, text: str
) -> None:
    (tmp_path / ".seen").mkdir()
    (tmp_path / ".seen/small.json").write_text(text, "latin-1")
    assert again(tmp_path).pin(model, "model.bin").sha256 == sha256(DATA)
    assert reads.count == 1


def test_a_store_that_cannot_be_written_is_read_each_time(
    tmp_path: Path, model: Path, reads: Reads
) -> None:
    (tmp_path / ".seen").write_text("a file where the folder should be")
    for count in (1, 2):
        seen = again(tmp_path)
        seen.pin(model, "model.bin")
        seen.save()
        assert reads.count == count


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    again(tmp_path).save()
    assert not (tmp_path / ".seen").exists()
