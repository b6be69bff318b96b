from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import NotFound
from models.catalogue import File
from models.sources.folder import copy_files
from tests.models.shelf import Notes, write


def test_files_are_copied_and_told(tmp_path: Path) -> None:
    source = write(tmp_path / "usb", {"a/config.json": b"{}", "model.bin": b"weights"})
    into, notes = tmp_path / "into", Notes()
    copy_files(source, [File(path="a/config.json"), File(path="model.bin")], into, notes)
    assert (into / "a/config.json").read_bytes() == b"{}"
    assert (into / "model.bin").read_bytes() == b"weights"
    assert notes.started == [
        (str(source / "a/config.json"), 2, 0),
        (str(source / "model.bin"), 7, 0),
    ]
    assert notes.advanced_bytes == 9


def test_a_copy_is_no_link(tmp_path: Path) -> None:
    source = write(tmp_path / "usb", {"model.bin": b"weights"})
    copy_files(source, [File(path="model.bin")], tmp_path / "into", Notes())
    (source / "model.bin").write_bytes(b"another")
    assert (tmp_path / "into/model.bin").read_bytes() == b"weights"


def test_a_file_may_have_its_name_at_the_hub(tmp_path: Path) -> None:
    source = write(tmp_path / "usb", {"model.pth.tar": b"weights"})
    wanted = File(path="model.pth", origin="model.pth.tar")
    copy_files(source, [wanted], tmp_path / "into", Notes())
    assert (tmp_path / "into/model.pth").read_bytes() == b"weights"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"there is no {tmp_path}/model.bin"):
        copy_files(tmp_path, [File(path="model.bin")], tmp_path / "into", Notes())
